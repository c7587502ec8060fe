// SPDX-License-Identifier: BSL-1.0
// Disturbances of requests, in force while they are in a list. Whoever injects brings the stream
// that chance is drawn from. `strength`, from 0 to 1, is how far a disturbance has grown: shares
// and added times are multiplied by it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/resilience/rate_limiter.hpp"
#include "sim-core/engine/distribution.hpp"

namespace windtunnel::topology {

/// Keeps a share of the requests back before they leave their caller.
struct delay_injection {
    sim::distribution add;
    double share = 1;
    random_stream random;
    duration jitter{}; ///< uniform, to either side; never below zero in all
    /// Of the jitter with that of the request before, from 0 to 1, as netem correlates:
    /// draw = (1 - correlation) * new + correlation * last.
    double correlation = 0;
    double strength = 1;
    double last = 0.5; ///< draw of the jitter

    duration draw() {
        double seconds = to_seconds(add.sample(random));
        if (jitter > duration::zero()) {
            last = (1 - correlation) * random.uniform() + correlation * last;
            seconds += (2 * last - 1) * to_seconds(jitter);
        }
        return from_seconds(std::max(0.0, seconds * strength));
    }
};

/// Something that happens to a share of the requests, or of their answers.
struct chance_injection {
    double share = 1;
    random_stream random;
    double strength = 1;
    bool strikes() { return random.chance(share * strength); }
};

/// Answers a share of the requests with a failure, without work.
struct error_injection {
    double share = 1;
    std::uint16_t status = 500;
    random_stream random;
    failure_kind kind = failure_kind::error;
    double strength = 1;
    /// Instead of a share: those that find no permit, which hear when there will be one.
    rate_limiter* quota = nullptr;
    /// Chance is that of the message, not of the moment: what failed once fails whenever it is
    /// delivered again.
    bool of_message = false;
    std::uint64_t salt = 0; ///< of the messages' draws

    /// `message`: which one it is; the same in every delivery.
    std::optional<failure> refusal(std::uint64_t message, time_point now) {
        if (quota != nullptr) {
            const rate_decision permit = quota->try_acquire(now);
            if (permit)
                return {};
            return failure{.kind = failure_kind::overloaded,
                           .status = status,
                           .not_processed = true,
                           .retry_after = permit.impossible() ? duration{-1} : permit.retry_after};
        }
        const bool strikes =
            of_message ? draw_of(message) < share * strength : random.chance(share * strength);
        if (!strikes)
            return {};
        return failure{.kind = kind,
                       .status = kind == failure_kind::error ? status : std::uint16_t{0}};
    }

  private:
    double draw_of(std::uint64_t message) const {
        return static_cast<double>(stable_hash(message ^ salt) >> 11) * 0x1.0p-53;
    }
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

    /// All are asked, so that the draws of one do not depend on those of another.
    bool strikes() const requires requires(Injection& i) { i.strikes(); }
    {
        bool any = false;
        for (Injection* i : in_force_)
            any |= i->strikes();
        return any;
    }

  private:
    std::vector<Injection*> in_force_;
};

/// What disturbs requests at one place: an edge, an endpoint, or a replica.
struct disturbed_place {
    injection_list<delay_injection> delays;
    injection_list<error_injection> errors;
    injection_list<chance_injection> copies;  ///< of requests, that arrive twice
    injection_list<chance_injection> garbled; ///< answers, of which nobody can make sense
};

/// What disturbs how all processes of one caller reach one service.
struct disturbed_dependency {
    int unresolvable = 0;    ///< its name is not resolved: no new connection
    int bad_certificate = 0; ///< handshakes end when the server shows it
    int frozen_view = 0;     ///< news of who is there do not come through
    duration slow_close{};   ///< how much longer a connection that ends keeps its place
    injection_list<chance_injection> leaks; ///< connections that are never given back
};

} // namespace windtunnel::topology
