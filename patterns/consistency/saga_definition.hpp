// SPDX-License-Identifier: BSL-1.0
// What a saga is made of. Steps that can be undone come first, then the pivot, which decides (done:
// the saga will be completed; failed: all is undone), then steps that cannot fail for good and are
// tried until they succeed. Without a pivot the last undoable step decides.
// Definitions that cannot work are refused: std::invalid_argument naming saga, step and rule.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

enum class saga_step_kind : std::uint8_t {
    compensatable, ///< may fail for good; what it did is undone by its compensation
    pivot,         ///< may fail for good; once it is done there is no way back
    retriable,     ///< cannot fail for good
};
std::string_view to_string(saga_step_kind kind);

struct saga_step {
    std::string name{};
    saga_step_kind kind = saga_step_kind::compensatable;
    /// What undoes it, for who sends commands: a name, not empty where the kind is compensatable.
    std::string compensation{};
    bool read_only = false; ///< it changes nothing, so it needs no compensation
    /// Neighbours of the same number run at once; 0: alone.
    int parallel_group = 0;
};

struct saga_definition {
    std::string name{};
    std::vector<saga_step> steps{};

    /// Throws std::invalid_argument naming saga, step and rule.
    void validate() const;
    /// The steps in one line: a saga goes on only with the steps that it began with.
    std::string shape() const;
};

struct saga_options {
    /// After it an attempt's outcome is unknown, at >= its end; above 0. 10 s: our own, Temporal
    /// wants it said for each activity.
    duration attempt_timeout = std::chrono::seconds{10};
    /// Of a compensatable step whose outcome stays unknown, the first included, at least 1; then
    /// all is undone, this step too. 3: this library's retry.
    int max_attempts = 3;
    /// Of pivots and retriable steps and of compensations, at least 1; then it is parked until an
    /// operator decides. With these back-offs 12 are some three minutes: our own (Seata and
    /// Temporal try for ever, Eventuate not at all).
    int max_persistent_attempts = 12;
    /// Between attempts, doubling: Temporal's coefficient; the cap comes before the jitter.
    duration initial_backoff = std::chrono::milliseconds{100};
    duration max_backoff = std::chrono::minutes{1};
    double jitter = 0.2; ///< up to so much shorter or longer; 0 to 1
    /// All compensations at once, as in Camunda 8. Else in reverse order, one by one: BPMN,
    /// Eventuate, Temporal's default.
    bool parallel_compensation = false;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

} // namespace windtunnel
