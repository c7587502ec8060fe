// SPDX-License-Identifier: BSL-1.0
// One saga as what its log comes to: a state machine whose every change is a record. `next` and
// `answer` say which record comes next and change nothing; `apply` changes. So the log can be
// written before anything is done (write-ahead), and reading it again gives the same saga.
// Rules: what failed for good is not undone; what is done, or may be or become so, is (a step of
// which any attempt has no definite answer). Compensations begin when no action is awaited any
// more. They are not stopped by deadline or cancellation. A deadline turns the saga back as long
// as it can: not while the pivot's outcome is open, nor after it is done.
// Comparisons: an attempt times out, a back-off ends, the deadline has come, at >= their instant.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/consistency/saga_definition.hpp"

namespace windtunnel {

enum class saga_direction : std::uint8_t { action, compensation };
std::string_view to_string(saga_direction direction);

enum class saga_result : std::uint8_t {
    done,
    failed,  ///< of an action: it is not done, and never will be under this key
    unknown, ///< it may be done, or be done yet
};
std::string_view to_string(saga_result result);
/// What a call that ended so says of an action: failed where it was refused for good, else unknown.
saga_result saga_result_of(const failure& f);

enum class saga_state : std::uint8_t {
    forward,
    compensating,
    completed,   ///< the end: all is done
    compensated, ///< the end: nothing is left of it
    failed,      ///< the end: an operator gave it up half done; the history says where
};
std::string_view to_string(saga_state state);

enum class saga_step_state : std::uint8_t {
    pending,
    running, ///< an attempt is awaited
    waiting, ///< for the next attempt; the outcome of the last one is unknown
    done,
    failed,       ///< for good: there is nothing to undo
    doubtful,     ///< it may be done: it is to be undone
    undoing,      ///< its compensation is awaited
    undo_waiting, ///< for the next attempt to undo it
    undone,
    parked, ///< an operator must decide
};
std::string_view to_string(saga_step_state state);

enum class saga_record_kind : std::uint8_t {
    started,     ///< text: input; until: deadline
    sent,        ///< until: the attempt's timeout
    answered,    ///< text: data; until: the next attempt, where there is one
    interrupted, ///< the orchestrator died while this was awaited
    cancelled,   ///< text: reason
    turned_back, ///< text: reason
    parked,      ///< text: reason
    resolved,    ///< by an operator; text: note; result: unknown is "try again"
    ended,       ///< text: note, where an operator ended it
};
std::string_view to_string(saga_record_kind kind);

struct saga_record {
    saga_record_kind kind = saga_record_kind::started;
    time_point at{};
    std::uint32_t step = 0;
    saga_direction direction = saga_direction::action;
    int attempt = 0;
    saga_result result = saga_result::done;
    saga_state state = saga_state::forward; ///< of ended
    time_point until = never;
    std::string text{};

    friend bool operator==(const saga_record&, const saga_record&) = default;
};

struct saga_step_progress {
    saga_step_state state = saga_step_state::pending;
    saga_direction direction = saga_direction::action; ///< of what is awaited or parked
    int attempts = 0;                                  ///< sent in this direction
    int failures = 0;        ///< in this direction, since an operator last said: try again
    std::vector<int> open{}; ///< attempts of the action without a definite answer
    time_point due = never;  ///< the timeout of what is awaited, or the next attempt
    std::string result{};    ///< what the action answered, done or failed
    std::string note{};      ///< why it is parked
};

class saga_instance {
  public:
    /// Definition and options must outlive it, and be valid.
    saga_instance(const saga_definition& d, const saga_options& o)
        : definition_(&d), options_(&o), steps_(d.steps.size()) {}

    /// What is to happen now, until there is nothing: timeouts, the next attempts, turning back,
    /// parking, the end.
    std::optional<saga_record> next(time_point now, random_stream& chance) const;
    /// None: it is late, of an attempt or a state that is over.
    std::optional<saga_record> answer(std::size_t step, saga_direction direction, int attempt,
                                      saga_result result, std::string data, time_point now,
                                      random_stream& chance) const;
    void apply(const saga_record& r);

    /// When to ask `next` again if nothing else happens.
    time_point next_event() const;
    bool over() const { return state_ >= saga_state::completed; }
    bool parked() const;
    saga_state state() const { return state_; }
    const std::string& input() const { return input_; }
    const std::string& reason() const { return reason_; } ///< why it turned back
    const std::vector<saga_step_progress>& steps() const { return steps_; }
    const saga_definition& definition() const { return *definition_; }

  private:
    using step_state = saga_step_state;

    std::optional<saga_record> timed_out(time_point now, random_stream& chance) const;
    std::optional<saga_record> go_forward(time_point now) const;
    std::optional<saga_record> go_back(time_point now) const;
    std::optional<std::string> why_turn_back(time_point now) const;
    bool may_turn_back() const;
    bool persists(std::size_t step) const;
    bool needs_undo(std::size_t step) const;
    bool awaits(saga_step_state state) const;
    std::size_t group_end(std::size_t first) const;
    saga_record sent(std::size_t step, saga_direction direction, time_point now) const;
    saga_record park(std::size_t step, time_point now) const;
    time_point after_backoff(const saga_step_progress& s, time_point now,
                             random_stream& chance) const;
    void apply_sent(saga_step_progress& s, const saga_record& r);
    void apply_action(std::size_t step, const saga_record& r);
    void apply_compensation(saga_step_progress& s, const saga_record& r);
    void apply_interrupted(saga_step_progress& s, const saga_record& r);
    void apply_resolved(saga_step_progress& s, const saga_record& r);
    void turn_back();

    const saga_definition* definition_;
    const saga_options* options_;
    std::vector<saga_step_progress> steps_;
    saga_state state_ = saga_state::forward;
    bool cancelled_ = false;
    time_point deadline_ = never;
    std::string input_;
    std::string reason_;
};

} // namespace windtunnel
