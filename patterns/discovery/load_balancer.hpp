// SPDX-License-Identifier: BSL-1.0
// Which host gets the next request, from what this client alone sees: its own requests in flight,
// their latencies, and who is available. Hosts are indexes 0 to n-1; their addresses are the
// caller's. Sans-I/O, not thread-safe; it draws from its own stream, and allocates only when hosts
// or weights change. Of the order of a pick: priority or zone, then who is to be avoided, then who
// is spared (slow start), then the policy. Comparisons, w being the weight:
//   least_request, power_of_two: the lower (load + 1) / w; power of two choices compares two
//     distinct hosts (Mitzenmacher, "The power of two choices in randomized load balancing", 2001);
//   peak_ewma: the lower latency * (load + 1) / w, with Finagle's latency (peak_ewma.hpp);
//   ring_hash, maglev: the first host at or after the hash that is eligible and has room.
// Equal: at random, except that weighted_round_robin takes the lower index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/discovery/host_set.hpp"
#include "patterns/discovery/load_balancer_options.hpp"
#include "patterns/discovery/maglev.hpp"
#include "patterns/discovery/peak_ewma.hpp"
#include "patterns/discovery/priority_levels.hpp"
#include "patterns/discovery/ring_hash.hpp"
#include "patterns/discovery/slow_start.hpp"
#include "patterns/discovery/weighted_round_robin.hpp"
#include "patterns/discovery/zone_routing.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

/// What a pick may depend on.
struct balancer_request {
    /// For peak_ewma, refreshed loads and slow start; a time before the last one told is taken for
    /// that.
    time_point now{};
    /// For ring_hash and maglev: who has the same, gets the same host. It needs not be well mixed.
    /// None: at random.
    std::optional<std::uint64_t> hash{};
    /// Hosts that a retry has tried: taken only where no other is available.
    std::span<const std::uint32_t> avoid{};
};

class load_balancer {
  public:
    using host = std::uint32_t;

    /// `hosts` hosts, all available. Throws std::invalid_argument for more than 2^31.
    load_balancer(balancer_policy policy, std::size_t hosts, random_stream random);
    /// Throws also for options that make no sense, and for more hosts than a maglev table has
    /// entries. `now` starts the first refresh interval. The first hosts have no slow start.
    load_balancer(const load_balancer_options& options, std::size_t hosts, random_stream random,
                  time_point now = {});
    load_balancer(const load_balancer_options& options, std::span<const balancer_host> hosts,
                  random_stream random, time_point now = {});

    /// A host for the next request; none where no host is available, nor in panic. Does not count
    /// the request: `on_start` or `begin` does.
    std::optional<host> pick() { return pick(balancer_request{}); }
    /// Prefers hosts outside of `avoid` (those that a retry has tried), and takes one of them only
    /// where no other is available. O(size of avoid) more.
    std::optional<host> pick(std::span<const host> avoid) {
        return pick(balancer_request{.avoid = avoid});
    }
    std::optional<host> pick(const balancer_request& request);

    void on_start(host h) {
        WINDTUNNEL_ASSERT(h < in_flight_.size());
        ++in_flight_[h];
        available_in_flight_ += available(h);
    }
    void on_start(host h, time_point now);
    /// The request has ended, and nothing is learned from it.
    void on_end(host h) {
        WINDTUNNEL_ASSERT(h < in_flight_.size() && in_flight_[h] > 0);
        --in_flight_[h];
        available_in_flight_ -= available(h);
    }
    /// The request has ended and took `latency`. A failure counts as failure_penalty at least; pass
    /// more where the host asked for it (Retry-After). Neutral: nothing is learned.
    void on_end(host h, time_point now, duration latency, verdict result);
    /// What the host says its load is; for load_source::reported.
    void report_load(host h, std::uint32_t load);

    /// Ejected, unhealthy or draining hosts get nothing new; what they have in flight stays
    /// counted. One that comes back begins a slow start.
    void set_available(host h, bool available) { set_available(h, available, now_); }
    void set_available(host h, bool available, time_point now);
    /// Where priorities count: who is not listed is no host of its level, neither well nor ill. It
    /// should not be available either.
    void set_listed(host h, bool listed);
    host add_host(const balancer_host& added = {}, time_point now = {});
    /// For good: its index is not used again, and set_available may not bring it back. Requests in
    /// flight may still end.
    void remove_host(host h);
    /// 1 to 1000000; rebuilds the table of a hashing policy.
    void set_weight(host h, std::uint32_t weight);
    /// How many clients like this one, itself included, each zone has; at most 2^32 - 1 in all.
    /// Until told: as many in the own zone as in each zone with hosts.
    void set_callers(std::span<const std::uint32_t> by_zone);

    balancer_policy policy() const { return options_.policy; }
    const load_balancer_options& options() const { return options_; }
    std::size_t hosts() const { return in_flight_.size(); } ///< ever, removed ones too
    std::size_t available() const { return all_.available(); }
    bool available(host h) const { return all_.available(h); }
    std::uint32_t in_flight(host h) const { return in_flight_[h]; }
    std::uint32_t weight(host h) const { return weights_[h]; } ///< 0: removed
    /// The load that the policy sees, as of the last time told.
    std::uint32_t load(host h) const { return loads()[h]; }
    /// peak_ewma: the latency that it expects of an idle host; for those who observe.
    duration expected_latency(host h) const;
    /// By priority, where they count; and whether the last pick was in panic.
    const priority_loads& loads_by_priority() { return priorities_->loads(); }
    bool panicking() const { return panicking_; }

    /// Counts one request from its beginning to its end. The balancer outlives it.
    class [[nodiscard]] in_flight_token {
      public:
        in_flight_token() = default;
        in_flight_token(load_balancer& balancer, host h) : balancer_(&balancer), host_(h) {
            balancer.on_start(h);
        }
        in_flight_token(in_flight_token&& other) noexcept
            : balancer_(std::exchange(other.balancer_, nullptr)), host_(other.host_) {}
        in_flight_token& operator=(in_flight_token&& other) noexcept {
            if (this != &other) {
                end();
                balancer_ = std::exchange(other.balancer_, nullptr);
                host_ = other.host_;
            }
            return *this;
        }
        ~in_flight_token() { end(); }

        void end() {
            if (balancer_ != nullptr)
                std::exchange(balancer_, nullptr)->on_end(host_);
        }
        void end(time_point now, duration latency, verdict result) {
            if (balancer_ != nullptr)
                std::exchange(balancer_, nullptr)->on_end(host_, now, latency, result);
        }

      private:
        load_balancer* balancer_ = nullptr;
        host host_ = 0;
    };
    in_flight_token begin(host h) { return {*this, h}; }

  private:
    /// Whom a request may go to: the first so many of a set.
    struct candidates {
        host_set* set;
        std::uint32_t eligible;
        host operator[](std::uint64_t place) const { return (*set)[place]; }
        bool contain(host h) const { return set->place(h) < eligible; }
    };

    load_balancer(const load_balancer_options& options, std::size_t hosts,
                  std::span<const balancer_host> described, random_stream random, time_point now);
    bool hashing() const;
    void describe(host h, const balancer_host& as);
    void begin_turns(std::size_t hosts);
    void rebuild();
    void advance(time_point now) {
        if (now > now_)
            now_ = now;
        if (now_ >= next_refresh_)
            refresh_loads();
    }
    void refresh_loads();
    host_set* hosts_for_request();
    candidates candidates_for(host_set& preferred, std::span<const host> avoid);
    host choose(const candidates& from, const balancer_request& request);
    bool is_less_loaded(host a, host b) const;
    bool is_faster(host a, host b) const;
    host least_loaded(const candidates& from);
    template <class Less>
    host least_of(const candidates& from, Less less);
    template <class Better>
    host best_of_choices(const candidates& from, Better better);
    template <class Table>
    host by_hash(const Table& table, std::uint64_t hash, const candidates& from) const;
    bool has_room_for_one(host h) const;
    const std::vector<std::uint32_t>& loads() const {
        return options_.load == load_source::live ? in_flight_ : seen_loads_;
    }
    double expected_cost(host h) const;

    load_balancer_options options_;
    random_stream random_;
    time_point now_;                       ///< the last time told
    time_point next_refresh_ = never;      ///< of the loads
    host_set all_;                         ///< every host; removed ones are not available
    std::vector<std::uint32_t> in_flight_; ///< by host
    std::vector<std::uint32_t> weights_;   ///< by host; 0: removed
    std::uint32_t present_ = 0;            ///< hosts that are not removed
    bool weighted_ = false;                ///< some weight is, or was, not 1
    std::uint64_t available_in_flight_ = 0, available_weight_ = 0; ///< of the available hosts
    slow_start slow_start_;
    // By host, and empty where the options do not need them:
    std::vector<std::uint32_t> seen_loads_;
    std::vector<peak_ewma> latencies_;
    std::vector<std::uint64_t> keys_;
    smooth_weighted_turns turns_;
    hash_ring ring_;
    maglev_table table_;
    std::optional<zone_router> zones_;          ///< where the own zone is known
    std::optional<priority_router> priorities_; ///< where they count
    bool panicking_ = false;
};

} // namespace windtunnel
