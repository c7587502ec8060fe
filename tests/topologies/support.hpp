// SPDX-License-Identifier: BSL-1.0
// Helpers of the topology tests: documents from text, and the message that bad input gets.
#pragma once

#include <string>

#include "topologies/src/document.hpp"
#include "topologies/src/loader.hpp"

namespace windtunnel::topology {

inline document parsed(const std::string& text) {
    return document::parse(text, "file.json");
}

inline topology_spec topology_from(const std::string& text) {
    return parse_topology(parsed(text).root(), ".");
}

/// What the error says that `run` throws; "no error" if it throws none.
template <class Run>
std::string message_of(Run&& run) {
    try {
        run();
    } catch (const input_error& error) {
        return error.what();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no error";
}

/// A topology with one service `a` whose only endpoint `GET /` is this JSON object.
inline std::string with_endpoint(const std::string& endpoint) {
    return R"({"name":"t","services":{"a":{"endpoints":{"GET /":)" + endpoint + "}}}}";
}

/// The same with these steps, which may call `b.GET /`.
inline std::string with_steps(const std::string& steps) {
    return R"({"name":"t","services":{"a":{"endpoints":{"GET /":{"steps":)" + steps +
           R"(}}},"b":{"endpoints":{"GET /":{}}}}})";
}

} // namespace windtunnel::topology
