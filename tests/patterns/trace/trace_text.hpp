// SPDX-License-Identifier: BSL-1.0
// A trace as a text to be compared: a line for each span, indented, with its times in milliseconds.
#pragma once

#include <string>

#include "patterns/trace/span.hpp"

namespace windtunnel::test {

inline std::string milliseconds(time_point t) {
    const auto ns = t.time_since_epoch().count();
    std::string text = std::to_string(ns / 1'000'000);
    if (ns % 1'000'000 != 0)
        text += "." + std::to_string(ns % 1'000'000 + 1'000'000).substr(1);
    return text;
}

inline std::string line_of(const span& s) {
    std::string text(to_string(s.role));
    if (s.attempt > 0)
        text += "." + std::to_string(s.attempt);
    if (s.replica != span::no_replica)
        text += "#" + std::to_string(s.replica);
    text += " " + milliseconds(s.start) + "-" + milliseconds(s.end);
    if (s.how == span_end::open)
        text += " open";
    if (s.how == span_end::degraded)
        text += " degraded";
    if (s.how == span_end::failed || s.role == span_role::fallback)
        text += " " + std::string(to_string(s.why));
    return text;
}

inline std::string tree_of(const trace& t, std::uint32_t parent = span::no_parent,
                           std::size_t depth = 0) {
    std::string text;
    for (std::uint32_t i = 0; i < t.spans.size(); ++i)
        if (t.spans[i].parent == parent)
            text += std::string(depth, ' ') + line_of(t.spans[i]) + "\n" + tree_of(t, i, depth + 1);
    return text;
}

} // namespace windtunnel::test
