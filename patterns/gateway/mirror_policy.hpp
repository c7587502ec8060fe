// SPDX-License-Identifier: BSL-1.0
// Sends a copy of a share of the requests to another backend, whose answers nobody reads. It cannot
// touch the primary request: it never waits, and above max_in_flight there is no copy. The copy
// must not be run on the primary's deadline, permits or budget.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "patterns/discovery/stable_hash.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

struct mirror_options {
    double share = 0;        ///< of the requests, 0 to 1
    int max_in_flight = 100; ///< copies at once, 1 to 1e6; ours: a slow mirror must not fill memory

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const {
        const option_check check{"mirror"};
        check(share >= 0 && share <= 1, "share", share, "be 0 to 1");
        check(max_in_flight >= 1 && max_in_flight <= 1'000'000, "max_in_flight", max_in_flight,
              "be 1 to 1000000");
    }
    friend bool operator==(const mirror_options&, const mirror_options&) = default;
};

/// Invariant: mirrored = finished + in flight.
struct mirror_metrics {
    std::uint64_t mirrored = 0;
    std::uint64_t dropped = 0; ///< drawn, but there was no room
    std::uint64_t finished = 0;
    std::uint64_t failed = 0; ///< of the finished
};

/// Not thread-safe, neither copied nor moved; it must outlive its copies.
class mirror_policy {
  public:
    /// One copy under way; ends with it, as failed unless told otherwise. False: make no copy.
    class [[nodiscard]] copy {
      public:
        copy() = default;
        copy(copy&& other) noexcept : policy_(std::exchange(other.policy_, nullptr)) {}
        copy& operator=(copy&& other) noexcept {
            std::swap(policy_, other.policy_);
            return *this;
        }
        ~copy() { finish(false); }
        explicit operator bool() const { return policy_ != nullptr; }
        void finish(bool ok) {
            if (policy_ == nullptr)
                return;
            auto& metrics = std::exchange(policy_, nullptr)->metrics_;
            ++metrics.finished;
            metrics.failed += ok ? 0 : 1;
        }

      private:
        friend class mirror_policy;
        explicit copy(mirror_policy* of) : policy_(of) {}
        mirror_policy* policy_ = nullptr;
    };

    explicit mirror_policy(const mirror_options& options) : options_(options) {
        options_.validate();
    }
    mirror_policy(const mirror_policy&) = delete;
    mirror_policy& operator=(const mirror_policy&) = delete;

    /// `draw` in [0, 1).
    copy try_mirror(double draw) {
        if (draw >= options_.share)
            return {};
        if (in_flight() >= static_cast<std::uint64_t>(options_.max_in_flight)) {
            ++metrics_.dropped;
            return {};
        }
        ++metrics_.mirrored;
        return copy{this};
    }
    /// All requests of a key or none; keys that are mirrored stay so as the share grows.
    copy try_mirror_for(std::string_view key) {
        return try_mirror(static_cast<double>(stable_hash(key) >> 11) * 0x1p-53);
    }

    std::uint64_t in_flight() const { return metrics_.mirrored - metrics_.finished; }
    const mirror_metrics& metrics() const { return metrics_; }

  private:
    mirror_options options_;
    mirror_metrics metrics_;
};

} // namespace windtunnel
