// SPDX-License-Identifier: BSL-1.0
// What each record of a saga's log does to it.
#include <algorithm>
#include <array>

#include "patterns/base/assert.hpp"
#include "patterns/consistency/definite_failure.hpp"
#include "patterns/consistency/saga_instance.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 2> direction_names{"action", "compensation"};
constexpr std::array<std::string_view, 3> result_names{"done", "failed", "unknown"};
constexpr std::array<std::string_view, 5> saga_state_names{"forward", "compensating", "completed",
                                                           "compensated", "failed"};
constexpr std::array<std::string_view, 10> step_state_names{
    "pending",  "running", "waiting",      "done",   "failed",
    "doubtful", "undoing", "undo_waiting", "undone", "parked"};
constexpr std::array<std::string_view, 9> record_kind_names{
    "started",     "sent",   "answered", "interrupted", "cancelled",
    "turned_back", "parked", "resolved", "ended"};

} // namespace

std::string_view to_string(saga_direction direction) {
    return direction_names.at(static_cast<std::size_t>(direction));
}
std::string_view to_string(saga_result result) {
    return result_names.at(static_cast<std::size_t>(result));
}
saga_result saga_result_of(const failure& f) {
    return is_definite(f) ? saga_result::failed : saga_result::unknown;
}
std::string_view to_string(saga_state state) {
    return saga_state_names.at(static_cast<std::size_t>(state));
}
std::string_view to_string(saga_step_state state) {
    return step_state_names.at(static_cast<std::size_t>(state));
}
std::string_view to_string(saga_record_kind kind) {
    return record_kind_names.at(static_cast<std::size_t>(kind));
}

void saga_instance::apply(const saga_record& r) {
    WINDTUNNEL_ASSERT(r.step < steps_.size());
    auto& s = steps_[r.step];
    switch (r.kind) {
    case saga_record_kind::started:
        input_ = r.text;
        deadline_ = r.until;
        break;
    case saga_record_kind::sent:
        apply_sent(s, r);
        break;
    case saga_record_kind::answered:
        if (r.direction == saga_direction::action)
            apply_action(r.step, r);
        else
            apply_compensation(s, r);
        break;
    case saga_record_kind::interrupted:
        apply_interrupted(s, r);
        break;
    case saga_record_kind::cancelled:
        cancelled_ = true;
        reason_ = r.text;
        break;
    case saga_record_kind::turned_back:
        reason_ = r.text;
        turn_back();
        break;
    case saga_record_kind::parked:
        s.state = step_state::parked;
        s.note = r.text;
        break;
    case saga_record_kind::resolved:
        apply_resolved(s, r);
        break;
    case saga_record_kind::ended:
        state_ = r.state;
        break;
    }
}

void saga_instance::apply_sent(saga_step_progress& s, const saga_record& r) {
    if (s.direction != r.direction)
        s.failures = 0;
    s.direction = r.direction;
    s.attempts = r.attempt;
    s.due = r.until;
    s.state = r.direction == saga_direction::action ? step_state::running : step_state::undoing;
    if (r.direction == saga_direction::action)
        s.open.push_back(r.attempt);
}

void saga_instance::apply_action(std::size_t step, const saga_record& r) {
    auto& s = steps_[step];
    const saga_step_kind kind = definition_->steps[step].kind;
    s.note = r.text;
    if (r.result == saga_result::done) {
        s.state = step_state::done;
        s.result = r.text;
        s.open.clear();
        return;
    }
    if (r.result == saga_result::failed && kind != saga_step_kind::retriable) {
        std::erase(s.open, r.attempt);
        s.result = r.text;
        // Whoever takes part in a pivot stands by its word for all attempts: there is no undoing.
        const bool for_good = s.open.empty() || kind == saga_step_kind::pivot;
        s.state = for_good ? step_state::failed : step_state::doubtful;
        return;
    }
    ++s.failures;
    s.due = r.until;
    s.state = state_ == saga_state::forward ? step_state::waiting : step_state::doubtful;
}

void saga_instance::apply_compensation(saga_step_progress& s, const saga_record& r) {
    s.note = r.text;
    if (r.result == saga_result::done) {
        s.state = step_state::undone;
        return;
    }
    ++s.failures;
    s.due = r.until;
    s.state = step_state::undo_waiting;
}

void saga_instance::apply_interrupted(saga_step_progress& s, const saga_record& r) {
    s.due = r.at;
    if (s.direction == saga_direction::compensation)
        s.state = step_state::undo_waiting;
    else
        s.state = state_ == saga_state::forward ? step_state::waiting : step_state::doubtful;
}

void saga_instance::apply_resolved(saga_step_progress& s, const saga_record& r) {
    const bool action = s.direction == saga_direction::action;
    s.note = r.text;
    if (r.result == saga_result::done) {
        s.state = action ? step_state::done : step_state::undone;
    } else if (r.result == saga_result::failed) {
        s.state = step_state::failed;
        s.result = r.text;
    } else {
        s.failures = 0;
        s.due = r.at;
        s.state = action ? step_state::waiting : step_state::undo_waiting;
    }
}

void saga_instance::turn_back() {
    state_ = saga_state::compensating;
    for (auto& s : steps_)
        if (s.state == step_state::waiting)
            s.state = step_state::doubtful;
}

} // namespace windtunnel
