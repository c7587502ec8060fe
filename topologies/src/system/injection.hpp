// SPDX-License-Identifier: BSL-1.0
// Disturbances of requests, in force while their guards live. Whoever injects brings the stream
// that chance is drawn from.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/distribution.hpp"

namespace windtunnel::topology {

/// Keeps a share of the requests back before they leave their caller.
struct delay_injection {
    sim::distribution add;
    double share = 1;
    random_stream random;
};

/// Answers a share of the requests with an error, without work.
struct error_injection {
    double share = 1;
    std::uint16_t status = 500;
    random_stream random;
};

/// The injections in force at one place, in the order in which they came into force.
template <class Injection>
class injection_list {
  public:
    void add(Injection& i) { in_force_.push_back(&i); }
    void remove(Injection& i) { std::erase(in_force_, &i); }
    bool empty() const { return in_force_.empty(); }
    auto begin() const { return in_force_.begin(); }
    auto end() const { return in_force_.end(); }

  private:
    std::vector<Injection*> in_force_;
};

} // namespace windtunnel::topology
