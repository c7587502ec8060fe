// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/saga_instance.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/retry.hpp"

namespace windtunnel {

namespace {

using kinds = saga_record_kind;

bool is_of_action(const saga_step_progress& s) {
    return s.direction == saga_direction::action;
}

} // namespace

std::optional<saga_record> saga_instance::next(time_point now, random_stream& chance) const {
    if (over())
        return std::nullopt;
    if (auto r = timed_out(now, chance))
        return r;
    return state_ == saga_state::forward ? go_forward(now) : go_back(now);
}

std::optional<saga_record> saga_instance::timed_out(time_point now, random_stream& chance) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto& s = steps_[i];
        if (awaits(s.state) && now >= s.due)
            return saga_record{.kind = kinds::answered,
                               .at = now,
                               .step = static_cast<std::uint32_t>(i),
                               .direction = s.direction,
                               .attempt = s.attempts,
                               .result = saga_result::unknown,
                               .until = after_backoff(s, now, chance),
                               .text = "timed out"};
    }
    return std::nullopt;
}

std::optional<saga_record> saga_instance::go_forward(time_point now) const {
    std::size_t first = 0;
    while (first < steps_.size() && steps_[first].state == step_state::done)
        ++first;
    if (first == steps_.size()) // also at the deadline: it is in time
        return saga_record{.kind = kinds::ended, .at = now, .state = saga_state::completed};
    if (auto why = why_turn_back(now))
        return saga_record{.kind = kinds::turned_back, .at = now, .text = *std::move(why)};
    for (std::size_t i = 0; i < steps_.size(); ++i)
        if (steps_[i].state == step_state::waiting && persists(i) &&
            steps_[i].failures >= options_->max_persistent_attempts)
            return park(i, now);
    for (std::size_t i = first; i < group_end(first); ++i) {
        const auto& s = steps_[i];
        if (s.state == step_state::pending || (s.state == step_state::waiting && now >= s.due))
            return sent(i, saga_direction::action, now);
    }
    return std::nullopt;
}

std::optional<std::string> saga_instance::why_turn_back(time_point now) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto& s = steps_[i];
        if (s.state == step_state::failed || s.state == step_state::doubtful)
            return definition_->steps[i].name + " failed: " + s.result;
        if (s.state == step_state::waiting && !persists(i) && s.failures >= options_->max_attempts)
            return definition_->steps[i].name + ": its outcome is unknown";
    }
    if (!may_turn_back())
        return std::nullopt;
    if (cancelled_)
        return reason_;
    if (now >= deadline_)
        return "deadline";
    return std::nullopt;
}

std::optional<saga_record> saga_instance::go_back(time_point now) const {
    const auto running = [](const auto& s) { return s.state == step_state::running; };
    if (std::any_of(steps_.begin(), steps_.end(), running))
        return std::nullopt; // what it does is to be known first
    bool all_undone = true;
    for (std::size_t i = steps_.size(); i-- > 0;) {
        const auto& s = steps_[i];
        if (!needs_undo(i))
            continue;
        all_undone = false;
        const bool retry = s.state == step_state::undo_waiting;
        if (retry && s.failures >= options_->max_persistent_attempts)
            return park(i, now);
        if (s.state == step_state::done || s.state == step_state::doubtful ||
            (retry && now >= s.due))
            return sent(i, saga_direction::compensation, now);
        if (!options_->parallel_compensation)
            return std::nullopt;
    }
    if (!all_undone)
        return std::nullopt;
    return saga_record{.kind = kinds::ended, .at = now, .state = saga_state::compensated};
}

std::optional<saga_record> saga_instance::answer(std::size_t step, saga_direction direction,
                                                 int attempt, saga_result result, std::string data,
                                                 time_point now, random_stream& chance) const {
    WINDTUNNEL_ASSERT(step < steps_.size());
    const auto& s = steps_[step];
    const bool unsettled = awaits(s.state) || s.state == step_state::waiting ||
                           s.state == step_state::undo_waiting || s.state == step_state::parked;
    if (over() || !unsettled || s.direction != direction || attempt < 1 || attempt > s.attempts)
        return std::nullopt;
    if (result != saga_result::done) {
        // A definite failure of the last attempt counts, also when it comes late; of an earlier
        // one it says nothing about the last. What is unknown is so already once it timed out.
        const bool definite = result == saga_result::failed && is_of_action(s) && !persists(step);
        const bool of_pivot = result == saga_result::failed && is_of_action(s) &&
                              definition_->steps[step].kind == saga_step_kind::pivot;
        if (attempt != s.attempts || (!awaits(s.state) && !definite && !of_pivot))
            return std::nullopt;
    }
    return saga_record{.kind = kinds::answered,
                       .at = now,
                       .step = static_cast<std::uint32_t>(step),
                       .direction = direction,
                       .attempt = attempt,
                       .result = result,
                       .until = result == saga_result::done ? never : after_backoff(s, now, chance),
                       .text = std::move(data)};
}

time_point saga_instance::next_event() const {
    if (over())
        return never;
    time_point earliest = state_ == saga_state::forward && may_turn_back() ? deadline_ : never;
    for (const auto& s : steps_)
        if (awaits(s.state) || s.state == step_state::waiting ||
            s.state == step_state::undo_waiting)
            earliest = std::min(earliest, s.due);
    return earliest;
}

bool saga_instance::parked() const {
    return std::any_of(steps_.begin(), steps_.end(),
                       [](const auto& s) { return s.state == step_state::parked; });
}

bool saga_instance::may_turn_back() const {
    for (std::size_t i = 0; i < steps_.size(); ++i)
        if (persists(i) && steps_[i].attempts > 0)
            return false; // it is done, or may be
    return true;
}

/// It is tried until it succeeds, or a pivot also until it fails for good.
bool saga_instance::persists(std::size_t step) const {
    return definition_->steps[step].kind != saga_step_kind::compensatable;
}

bool saga_instance::needs_undo(std::size_t step) const {
    const auto& s = steps_[step];
    if (definition_->steps[step].compensation.empty())
        return false;
    return s.state == step_state::done || s.state == step_state::doubtful ||
           s.state == step_state::undoing || s.state == step_state::undo_waiting ||
           s.state == step_state::parked;
}

bool saga_instance::awaits(saga_step_state state) const {
    return state == step_state::running || state == step_state::undoing;
}

std::size_t saga_instance::group_end(std::size_t first) const {
    const int group = definition_->steps[first].parallel_group;
    std::size_t end = first + 1;
    while (group != 0 && end < steps_.size() && definition_->steps[end].parallel_group == group)
        ++end;
    return end;
}

saga_record saga_instance::sent(std::size_t step, saga_direction direction, time_point now) const {
    const auto& s = steps_[step];
    return {.kind = kinds::sent,
            .at = now,
            .step = static_cast<std::uint32_t>(step),
            .direction = direction,
            .attempt = (s.direction == direction ? s.attempts : 0) + 1,
            .until = saturating_add(now, options_->attempt_timeout)};
}

saga_record saga_instance::park(std::size_t step, time_point now) const {
    const auto& s = steps_[step];
    return {.kind = kinds::parked,
            .at = now,
            .step = static_cast<std::uint32_t>(step),
            .direction = s.direction,
            .attempt = s.attempts,
            .text = "failed " + std::to_string(s.failures) + " times, last: " + s.note};
}

time_point saga_instance::after_backoff(const saga_step_progress& s, time_point now,
                                        random_stream& chance) const {
    return saturating_add(now, backoff_delay({.initial_backoff = options_->initial_backoff,
                                              .max_backoff = options_->max_backoff,
                                              .jitter = jitter_kind::proportional,
                                              .jitter_factor = options_->jitter},
                                             s.failures + 1, duration::zero(), chance.uniform()));
}

} // namespace windtunnel
