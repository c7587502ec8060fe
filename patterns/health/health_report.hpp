// SPDX-License-Identifier: BSL-1.0
// What a process says of itself when it is asked how it is: named checks, each up or down; the
// whole is up where all are. The body is that of MicroProfile Health 4.0, as many servers answer:
//   {"status":"DOWN","checks":[{"name":"accepting","status":"DOWN"}]}
// with 200 where up and 503 where down. Keep what the process depends on out of its checks: else
// one sick dependency takes out all that use it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace windtunnel {

struct health_report {
    struct entry {
        std::string name;
        bool up = false;
        friend bool operator==(const entry&, const entry&) = default;
    };
    std::vector<entry> checks;

    bool up() const;
    std::uint16_t status() const; ///< of HTTP
    std::string to_json() const;
};

/// The checks of one kind (liveness, readiness), in the order in which they were added.
class health_checks {
  public:
    /// Called for each report: quick, and without effect.
    using check = std::function<bool()>;

    /// Throws std::invalid_argument for a name that is empty, taken, or has other than letters,
    /// digits, '-', '_' and '.'.
    void add(std::string name, check is_up);
    health_report report() const;

  private:
    struct named {
        std::string name;
        check is_up;
    };
    std::vector<named> checks_;
};

} // namespace windtunnel
