// SPDX-License-Identifier: BSL-1.0
// One wording for every refused option: "circuit_breaker: failure_rate_threshold is 1.5; it must be
// above 0 and at most 1". For the `validate()` of the options in this folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patterns/base/time.hpp"

namespace windtunnel {

/// The shortest exact form in one unit: "250ms", "5s", "0s", "1500ns".
std::string to_text(duration d);

/// Checks the options of one policy; each check throws std::invalid_argument when `holds` is false.
class option_check {
  public:
    explicit constexpr option_check(std::string_view policy) : policy_(policy) {}

    /// `rule` completes "it must ...": "be at least 1".
    void operator()(bool holds, std::string_view option, double value, std::string_view rule) const;
    void operator()(bool holds, std::string_view option, int value, std::string_view rule) const;
    void operator()(bool holds, std::string_view option, duration value,
                    std::string_view rule) const;
    void operator()(bool holds, std::string_view option, std::string_view value,
                    std::string_view rule) const;

  private:
    std::string_view policy_;
};

} // namespace windtunnel
