// SPDX-License-Identifier: BSL-1.0
// The bearer tokens of a run. Requests carry a number that names one, so that they stay small; 0 is
// none. A token is minted by the code that a live issuer uses, at its time in the simulation, whose
// zero is the beginning of 2025.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "patterns/base/assert.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "topologies/src/gateway_spec.hpp"

namespace windtunnel::topology {

/// Whole seconds since 1970, as tokens count.
inline std::chrono::sys_seconds token_time(time_point now) {
    constexpr std::chrono::sys_days zero = std::chrono::year{2025} / std::chrono::January / 1;
    return zero + std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
}

class token_book {
  public:
    struct entry {
        std::string text;
        time_point revoked = never; ///< from then on
    };
    std::uint32_t add(entry minted) {
        WINDTUNNEL_ASSERT(all_.size() < std::numeric_limits<std::uint32_t>::max());
        all_.push_back(std::move(minted));
        return static_cast<std::uint32_t>(all_.size());
    }
    const entry& of(std::uint32_t number) const { return all_[number - 1]; }
    std::size_t size() const { return all_.size(); }

  private:
    std::vector<entry> all_;
};

/// Where the requests of one workload have theirs from.
class token_source {
  public:
    /// The book must outlive it.
    token_source(token_spec spec, token_book& book, random_stream random);

    /// That of the next request.
    std::uint32_t draw(time_point now);

  private:
    struct held {
        std::uint32_t number = 0;
        time_point expires{};
    };
    std::uint32_t mint(std::size_t holder, time_point issued, const jwt_key& key);
    std::uint32_t forged(time_point now);
    std::uint32_t expired(time_point now);

    token_spec spec_;
    token_book& book_;
    random_stream random_;
    std::vector<held> holders_;
    held forged_;
    std::uint32_t expired_ = 0;
};

} // namespace windtunnel::topology
