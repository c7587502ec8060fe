// SPDX-License-Identifier: BSL-1.0
// A backend that plays a script, one step a call, on any context; and a log of what a pipeline
// decided, in words and without the times: live and simulated runs can be compared by it.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "patterns/resilience/pipeline.hpp"

namespace windtunnel::test {

struct script_step {
    duration after{};
    outcome<done> result = done{};
    bool throws = false;
    /// Answers a cancellation with `result`, not with `cancelled`.
    bool stubborn = false;
};

inline script_step ok(duration after = {}) {
    return {.after = after, .result = done{}};
}
inline script_step fails(failure_kind kind, duration after = {}) {
    return {.after = after, .result = kind};
}
inline script_step hangs() {
    return {.after = std::chrono::hours{1}};
}
inline script_step throws(duration after = {}) {
    return {.after = after, .throws = true};
}

class script {
  public:
    explicit script(std::vector<script_step> steps) : steps_(std::move(steps)) {}

    /// As a coroutine. A step of no length does not suspend.
    awaitable<outcome<done>> play(call_context& context) {
        const script_step step = next(context);
        bool elapsed = true;
        if (step.after > duration::zero()) {
            auto wait = async_wait_until(*context.environment, due(context, step),
                                         timer_class::event, boost::asio::deferred);
            elapsed = co_await std::move(wait);
        }
        if (step.throws && elapsed)
            throw std::runtime_error("the backend threw");
        co_return ended(step, elapsed);
    }

    /// The same as a deferred operation.
    auto play_deferred(call_context& context) {
        const script_step step = next(context);
        if (step.throws)
            throw std::runtime_error("the backend threw");
        environment* env = context.environment;
        const time_point at = due(context, step);
        return boost::asio::async_initiate<const boost::asio::deferred_t, void(outcome<done>)>(
            [env, at, step](auto handler) {
                auto wait = async_wait_until(*env, at, timer_class::event, boost::asio::deferred)(
                    boost::asio::deferred([step](bool elapsed) {
                        return boost::asio::deferred.values(ended(step, elapsed));
                    }));
                std::move(wait)(std::move(handler));
            },
            boost::asio::deferred);
    }

    std::size_t calls() const { return seen_.size(); }
    /// What the operation was told, call by call, and when.
    const call_context& told(std::size_t call) const { return seen_.at(call).first; }
    time_point began(std::size_t call) const { return seen_.at(call).second; }

  private:
    const script_step& next(const call_context& context) {
        seen_.emplace_back(context, context.environment->now());
        if (seen_.size() > steps_.size())
            throw std::logic_error("a call that is not in the script");
        return steps_[seen_.size() - 1];
    }
    static time_point due(const call_context& context, const script_step& step) {
        return context.environment->now() + step.after;
    }
    static outcome<done> ended(const script_step& step, bool elapsed) {
        return elapsed || step.stubborn ? step.result : outcome<done>(failure_kind::cancelled);
    }

    std::vector<script_step> steps_;
    std::vector<std::pair<call_context, time_point>> seen_;
};

class decision_log final : public pipeline_observer {
  public:
    void on_event(const pipeline_event& e) override {
        using kind = pipeline_event::kind;
        events.push_back(e);
        std::string line = std::to_string(e.policy) + " " + std::to_string(e.attempt) + " " +
                           std::string(to_string(e.what));
        const bool ends = e.what == kind::attempt_ended || e.what == kind::ended;
        if (ends && e.ok)
            line += " ok";
        else if (e.what != kind::attempt_started && e.what != kind::waiting)
            line += " " + std::string(to_string(e.why.kind));
        if (e.what == kind::gave_up)
            line += e.budget_exhausted ? ": no budget" : ": " + std::string(to_string(e.stop));
        lines.push_back(std::move(line));
    }
    std::vector<pipeline_event> events;
    std::vector<std::string> lines;
};

} // namespace windtunnel::test
