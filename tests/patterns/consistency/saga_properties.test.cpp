// SPDX-License-Identifier: BSL-1.0
// Sagas whose orchestrator dies anywhere, whose messages are lost, repeated and late.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "saga_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using test::conduct;
using test::in_memory;
using test::in_sqlite;
using test::saga_world;

namespace {

using script = std::vector<std::pair<std::uint8_t, std::uint8_t>>;

/// What `step` does, the others work.
conduct of_step(const saga_command& c, const std::string& step, conduct how) {
    const bool action = c.direction == saga_direction::action;
    const bool may_fail = c.step != "ticket" && c.step != "mail";
    if (!action || c.step != step || (how == conduct::fails && !may_fail))
        return conduct::works;
    return how;
}

/// Operators say: try again.
void to_the_end(saga_world& w) {
    for (int i = 0; i < 50 && !w.over(); ++i) {
        w.run();
        for (const auto& p : w.orchestrator->parked())
            w.orchestrator->resolve("s", p.step, saga_result::unknown, "", w.now);
    }
}

void play(saga_world& w, std::uint8_t what, std::uint8_t which) {
    const auto some = [which](const auto& list) { return which % list.size(); };
    if (what % 10 < 3)
        w.poll();
    else if (what % 10 < 5 && !w.requests.empty())
        w.deliver_request(some(w.requests), which % 3 == 0);
    else if (what % 10 < 7 && !w.answers.empty())
        w.deliver_answer(some(w.answers), which % 3 == 0);
    else if (what % 10 == 7)
        w.now += which % 6 * 1s;
    else if (what % 10 == 8)
        w.kept.die_at(1 + which % 3, which % 2 == 0);
    else if (which % 4 == 0)
        w.recover();
    else if (which % 4 == 1)
        w.guarded([&](auto& o) { o.cancel("s", "", w.now); });
    else if (which % 4 == 2 && !w.requests.empty())
        w.requests.erase(w.requests.begin()); // lost
}

} // namespace

TEMPLATE_TEST_CASE("A saga that dies at each point of its log is all or nothing", "", in_memory,
                   in_sqlite) {
    for (const auto& step : test::journey().steps)
        for (const conduct how :
             {conduct::works, conduct::fails, conduct::works_dumbly, conduct::is_confused})
            for (int point = 1, more = 1; more > 0; ++point)
                for (const bool after : {false, true}) {
                    TestType storage;
                    saga_world w{storage.get()};
                    int confused = 2;
                    w.behave = [&](const saga_command& c) {
                        const conduct h = of_step(c, step.name, how);
                        const bool passes = h == conduct::is_confused || h == conduct::works_dumbly;
                        return passes && confused-- <= 0 ? conduct::works : h;
                    };
                    const int before = w.kept.commits();
                    w.kept.die_at(point, after);
                    w.start();
                    w.start(); // whoever was not told that it started starts it again
                    to_the_end(w);
                    more = w.kept.commits() - before - point; // until it is not reached
                    INFO(step.name << " point " << point << " after " << after << ": " << w.sent);
                    REQUIRE(w.over());
                    REQUIRE(w.all_or_nothing());
                    REQUIRE(w.sound);
                }
}

TEMPLATE_TEST_CASE("Whatever is lost, repeated, late or unknown: all or nothing, nothing twice, "
                   "and no action after its compensation",
                   "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const script& all, const std::vector<std::uint8_t>& conducts) {
        TestType storage;
        saga_world w{storage.get()};
        std::size_t count = 0;
        w.behave = [&](const saga_command& c) {
            if (count >= conducts.size())
                return conduct::works;
            const auto how = static_cast<conduct>(conducts[count++] % 4);
            const bool may_fail = c.step != "ticket" && c.step != "mail";
            return how == conduct::fails && !may_fail ? conduct::is_confused : how;
        };
        w.start(test::at_start + 40s);
        w.start(test::at_start + 40s);
        for (const auto& [what, which] : all) {
            play(w, what, which);
            RC_ASSERT(w.sound);
            for (const auto& [step, effect] : w.effects)
                RC_ASSERT(effect == 0 || effect == 1);
        }
        w.kept.die_at(0, false);
        to_the_end(w);
        RC_ASSERT(w.over());
        RC_ASSERT(w.all_or_nothing());
        while (!w.requests.empty()) // what was on its way comes after the end
            w.deliver_request(0);
        RC_ASSERT(w.all_or_nothing());
        RC_ASSERT(w.sound);
    }));
}

TEMPLATE_TEST_CASE("A saga read from its log is the saga that wrote it", "", in_memory, in_sqlite) {
    REQUIRE(rc::check([](const script& all) {
        TestType storage;
        saga_world w{storage.get()};
        w.start();
        for (const auto& [what, which] : all)
            if (what % 10 != 8)
                play(w, what, which);
        const saga_instance* live = w.orchestrator->find("s");
        if (live == nullptr)
            return;
        saga_instance again{w.definition, w.options};
        for (const auto& r : w.orchestrator->history("s"))
            again.apply(r);
        RC_ASSERT(again.state() == live->state());
        RC_ASSERT(again.next_event() == live->next_event());
        for (std::size_t i = 0; i < again.steps().size(); ++i) {
            RC_ASSERT(again.steps()[i].state == live->steps()[i].state);
            RC_ASSERT(again.steps()[i].open == live->steps()[i].open);
        }
    }));
}
