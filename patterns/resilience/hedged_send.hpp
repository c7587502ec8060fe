// SPDX-License-Identifier: BSL-1.0
// The attempts of one hedged request: each goes through the policies inside of the hedge and the
// transport, the first acceptable answer wins, the losers are cancelled and joined. What decides is
// hedge_state; this launches, waits and cancels. It completes the pending call of the policies
// outside of the hedge exactly once, never from inside start(), when its last attempt has ended; or
// with the answer, where losers are detached, and lives on until they have ended. An answer that
// comes while the cancelled attempts are being joined is still the answer, unless there was one.
// Dropped with everything else, it drops that call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "patterns/base/cancellation_place.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/retry_budget.hpp"

namespace windtunnel {

class pipeline;

/// What a pipeline knows of its hedge.
struct hedged_policies {
    hedge* how = nullptr;           ///< nullptr: there is none
    retry_budget* budget = nullptr; ///< hedges ask it for leave; nullptr: no limit
    bool deposits = false;          ///< no retry outside of it tells the budget of requests
    bool detach_losers = false;     ///< the answer does not wait for them
    pipeline* inside = nullptr;     ///< the policies inside of the hedge
};

class hedged_send final : private timer {
  public:
    /// `outer` must have its context prepared. `more` is told how many attempts left besides the
    /// one that the policies outside count for themselves (-1: none left).
    static hedged_send& start(pending_call& outer, const hedged_policies& policies, transport& to,
                              std::int32_t& more);
    /// Cancels all attempts; with them the outer call ends, perhaps in here. May be said again.
    void cancel();

  private:
    struct attempt_handler;

    hedged_send(pending_call& outer, const hedged_policies& policies, transport& to,
                std::int32_t& more);
    ~hedged_send() = default;

    static void struck(timer& t);
    static void abandoned(timer& t);
    void advance();
    void launch(int attempt);
    bool allowed(int attempt);
    void ended(int attempt, outcome<reply>&& result, std::uint32_t attempts);
    void answer(outcome<reply>&& result);
    void cancel_rest();
    void dropped();
    void complete_if_joined();
    void complete();
    void drop_call();
    void free();

    environment& environment_;
    pending_call* outer_; ///< nullptr: has its answer, and left the losers to themselves
    hedged_policies policies_;
    transport& transport_;
    std::int32_t* more_;
    request what_;
    call_context context_;
    hedge_state state_;
    std::optional<outcome<reply>> answer_;
    std::array<cancellation_place, hedge_options::most_attempts> places_;
    retry_budget::slot whole_; ///< the call, where this tells the budget of it
    std::array<retry_budget::slot, hedge_options::most_attempts> paid_; ///< by attempt
    std::int32_t left_ = 0; ///< attempts that left, of those that have ended
    std::int32_t running_ = 0;
    bool given_up_ = false;
};

} // namespace windtunnel
