// SPDX-License-Identifier: BSL-1.0
// A saga's orchestrator, those who take part, and the messages between them, for tests that decide
// what arrives when and who dies.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "patterns/consistency/saga_orchestrator.hpp"
#include "patterns/consistency/saga_participant.hpp"
#include "storage_world.hpp"

namespace windtunnel::test {

using namespace std::chrono_literals;

/// A journey: two bookings at once, a look at the price, the payment, then what cannot fail.
inline saga_definition journey() {
    return {"journey",
            {{.name = "flight", .compensation = "cancel flight", .parallel_group = 1},
             {.name = "hotel", .compensation = "cancel hotel", .parallel_group = 1},
             {.name = "price", .read_only = true},
             {.name = "car", .compensation = "cancel car"},
             {.name = "pay", .kind = saga_step_kind::pivot},
             {.name = "ticket", .kind = saga_step_kind::retriable, .parallel_group = 2},
             {.name = "mail", .kind = saga_step_kind::retriable, .parallel_group = 2}}};
}

inline saga_options quick_options() {
    return {.attempt_timeout = 10s,
            .max_attempts = 2,
            .max_persistent_attempts = 4,
            .initial_backoff = 1s,
            .max_backoff = 4s,
            .jitter = 0};
}

enum class conduct {
    works,
    fails,        ///< for good; a compensation: says that it did not work
    works_dumbly, ///< has the effect and answers "unknown"
    is_confused,  ///< has no effect and answers "unknown"
};

struct saga_world {
    mortal_storage kept;
    saga_options options = quick_options();
    saga_definition definition = journey();
    memory_storage theirs; ///< of those who take part
    saga_participant participant;
    std::optional<saga_orchestrator> orchestrator;
    random_stream chance{1, "saga"};
    std::vector<saga_command> requests; ///< on their way
    std::vector<saga_answer> answers;
    std::map<std::string, int> effects; ///< by step: 1 while it is done
    std::map<std::string, int> runs;    ///< by command: how often it had its effect
    std::string sent;                   ///< commands in the order of sending
    std::function<conduct(const saga_command&)> behave = [](const auto&) { return conduct::works; };
    time_point now = at_start;
    bool sound = true; ///< nothing is sent to be undone while an action is awaited

    explicit saga_world(storage& s) : kept(s) { recover(); }

    void recover() {
        orchestrator.reset();
        try {
            orchestrator.emplace(kept, std::vector{definition}, options, now);
        } catch (const crash&) {
            recover();
        }
    }
    /// What the orchestrator does; it may die of it, and then another one goes on.
    void guarded(const std::function<void(saga_orchestrator&)>& what) {
        try {
            what(*orchestrator);
        } catch (const crash&) {
            recover();
        }
    }
    void start(time_point deadline = never) {
        guarded([&](auto& o) { o.start("s", "journey", "to Rome", now, deadline); });
    }
    void poll() {
        guarded([&](auto& o) {
            for (auto& c : o.commands(now, chance)) {
                sent += c.command + (c.attempt > 1 ? "#" + std::to_string(c.attempt) : "") + " ";
                check(c, *o.find("s"));
                requests.push_back(std::move(c));
            }
        });
    }
    void check(const saga_command& c, const saga_instance& s) {
        if (c.direction == saga_direction::compensation)
            for (const auto& step : s.steps())
                sound = sound && step.state != saga_step_state::running;
    }
    /// It arrives, and is answered; it may be one that has arrived before.
    void handle(const saga_command& c) {
        const conduct how = behave(c);
        saga_answer a{c.saga, c.step, c.direction, c.attempt, saga_result::done, {}};
        if (how == conduct::is_confused ||
            (how == conduct::fails && c.direction == saga_direction::compensation)) {
            a.result = how == conduct::fails ? saga_result::failed : saga_result::unknown;
        } else {
            a.result = work(c, how == conduct::fails);
            if (how == conduct::works_dumbly)
                a.result = saga_result::unknown;
        }
        answers.push_back(std::move(a));
    }
    saga_result work(const saga_command& c, bool fails) {
        const auto t = theirs.begin();
        const auto admission = participant.admit(*t, c.saga, c.step, c.direction);
        auto result = saga_result::done;
        if (admission.verdict == saga_verdict::run && fails) {
            participant.failed(*t, c.saga, c.step, "sold out");
            result = saga_result::failed;
        } else if (admission.verdict == saga_verdict::run) {
            const bool action = c.direction == saga_direction::action;
            if (action)
                participant.done(*t, c.saga, c.step, "data of " + c.step);
            effects[c.step] += action ? 1 : -1;
            ++runs[c.command];
        } else if (admission.verdict == saga_verdict::already_failed ||
                   admission.verdict == saga_verdict::refused) {
            result = saga_result::failed;
        }
        t->commit();
        return result;
    }
    void deliver_answer(std::size_t which, bool keeps_a_copy = false) {
        const saga_answer a = answers[which];
        if (!keeps_a_copy)
            answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(which));
        guarded([&](auto& o) { o.answer(a, now, chance); });
    }
    void deliver_request(std::size_t which, bool keeps_a_copy = false) {
        const saga_command c = requests[which];
        if (!keeps_a_copy)
            requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(which));
        handle(c);
    }
    bool over() const { return orchestrator->find("s") == nullptr; }

    /// Everything arrives at once, in order; time passes where there is nothing to do.
    void run(int rounds = 2000) {
        for (; rounds > 0 && !over(); --rounds) {
            poll();
            if (!requests.empty())
                deliver_request(0);
            else if (!answers.empty())
                deliver_answer(0);
            else if (orchestrator->next_event() == never)
                return;
            else
                now = std::max(now, orchestrator->next_event());
        }
    }
    saga_state state() const { return orchestrator->state("s").value(); }
    /// Nothing is half done or done twice.
    bool all_or_nothing() const {
        for (const auto& [command, count] : runs)
            if (count > 1)
                return false;
        for (const auto& s : definition.steps) {
            const auto e = effects.find(s.name);
            const int count = e == effects.end() ? 0 : e->second;
            const int wanted = state() == saga_state::completed ? 1 : 0;
            if (count != wanted && !s.read_only)
                return false;
        }
        return true;
    }
};

} // namespace windtunnel::test
