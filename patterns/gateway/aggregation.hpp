// SPDX-License-Identifier: BSL-1.0
// One answer out of many calls (a backend for frontends). Each kind of client has a shape: the
// parts that it gets, each required, optional, or with a cached stand-in. Parts start when what
// they come after is there and there is room (in the order of the shape); the first required part
// that fails ends all: the others are cancelled. A part that is missing otherwise is in `degraded`,
// and so is one that came from the cache. A part that comes after a missing one is missing too,
// unstarted. Sans I/O: the caller launches and cancels what a step says. Invariant: at most
// max_parallel parts are under way; every part that was launched is finished, or cancelled once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

enum class part_need : std::uint8_t {
    required,
    optional,
    cached, ///< where it fails an earlier answer stands in, if the caller has one
};

struct part_options {
    std::string name{}; ///< under which it stands in the answer
    part_need need = part_need::required;
    duration timeout{};               ///< of this part; 0: what is left of the whole
    std::vector<std::string> after{}; ///< parts of this shape, given before it
};

struct client_shape {
    std::string client{}; ///< the kind: "mobile", "web"
    std::vector<part_options> parts{};
};

struct aggregation_options {
    std::vector<client_shape> shapes{};
    int max_parallel = 8;                        ///< parts of one answer under way, 1 to 1000; ours
    duration deadline = std::chrono::seconds{3}; ///< of the whole, above 0; as total_timeout
    /// Of the deadline, kept for putting the answer together: parts end so much before it. Below
    /// it.
    duration reserve = std::chrono::milliseconds{50};

    /// Throws std::invalid_argument naming shape or option, and the rule.
    void validate() const;
    /// The index of the shape of a kind; -1 where there is none.
    int shape_of(std::string_view client) const;
};

enum class part_state : std::uint8_t {
    waiting,
    under_way,
    done,
    stood_in, ///< from the cache
    missing,
    cancelled,
};

struct part_launch {
    std::uint32_t part; ///< index in the shape
    time_point deadline;
};

enum class aggregation_state : std::uint8_t { under_way, complete, partial, failed };

/// What to do now; a state other than under_way is given once and is the end.
struct aggregation_step {
    std::vector<part_launch> launch{};
    std::vector<std::uint32_t> cancel{};
    aggregation_state state = aggregation_state::under_way;
};

enum class part_result : std::uint8_t { ok, failed, failed_with_cached };

/// For one answer. The options must outlive it. Not thread-safe; `now` never goes back.
class aggregation {
  public:
    /// `shape` is an index, as shape_of tells it.
    aggregation(const aggregation_options& options, int shape);

    /// Call once.
    aggregation_step start(time_point now);
    /// A result of a part that is not under way (it was cancelled) changes nothing.
    aggregation_step part_finished(std::uint32_t index, part_result result, time_point now);
    /// Cuts the parts whose deadline has come (>=) as if they had failed; `has_cached(part)` says
    /// whether a stand-in is at hand. Call at next_deadline().
    template <class HasCached>
    aggregation_step time_passed(time_point now, HasCached has_cached);
    /// The caller gave up.
    aggregation_step cancel();

    time_point next_deadline() const; ///< `never` where nothing is under way
    aggregation_state state() const { return state_; }
    part_state state_of(std::uint32_t index) const { return parts_[index].state; }
    int in_flight() const { return in_flight_; }
    /// Parts that are missing or stood in for, in the order of the shape.
    std::vector<std::string> degraded() const;
    /// The required part that failed first; -1 where none did.
    int failed_part() const { return failed_part_; }

  private:
    struct part {
        part_state state = part_state::waiting;
        time_point deadline = never;
        std::vector<std::uint32_t> after;
    };

    void settle(std::uint32_t index, part_result result);
    void fail(aggregation_step& step, int index);
    void advance(aggregation_step& step, time_point now);
    bool ready(std::uint32_t index);
    void launch(std::uint32_t index, aggregation_step& step, time_point now);

    const aggregation_options& options_;
    const client_shape& shape_;
    std::vector<part> parts_{};
    time_point end_ = never; ///< of all parts
    int in_flight_ = 0;
    int failed_part_ = -1;
    aggregation_state state_ = aggregation_state::under_way;
};

template <class HasCached>
aggregation_step aggregation::time_passed(time_point now, HasCached has_cached) {
    aggregation_step step;
    for (std::uint32_t i = 0; i < parts_.size() && state_ == aggregation_state::under_way; ++i) {
        if (parts_[i].state != part_state::under_way || now < parts_[i].deadline)
            continue;
        step.cancel.push_back(i);
        settle(i, has_cached(i) ? part_result::failed_with_cached : part_result::failed);
    }
    advance(step, now);
    return step;
}

} // namespace windtunnel
