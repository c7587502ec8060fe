// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>

#include "saga_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using test::at_start;
using test::conduct;
using test::in_memory;
using test::in_sqlite;
using test::saga_world;
using result = saga_result;

namespace {

/// All that `command` names behave so, the others work.
auto only(const std::string& command, conduct how) {
    return [=](const saga_command& c) { return c.command == command ? how : conduct::works; };
}

bool answer(saga_world& w, const std::string& step, saga_result how, int attempt = 1,
            saga_direction direction = saga_direction::action) {
    return w.orchestrator->answer({"s", step, direction, attempt, how, "why"}, w.now, w.chance);
}

/// Up to the payment, which is not answered.
void go_to_payment(saga_world& w) {
    w.start();
    for (const char* step : {"flight", "hotel", "price", "car"}) {
        w.poll();
        answer(w, step, result::done);
    }
    w.poll();
}

std::string kinds(const std::vector<saga_record>& all) {
    std::string text;
    for (const auto& r : all)
        text += std::string{to_string(r.kind)} + " ";
    return text;
}

} // namespace

TEMPLATE_TEST_CASE("A saga whose steps all work is completed, step by step, groups at once", "",
                   in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    w.poll();
    CHECK(w.sent == "flight hotel ");
    CHECK(w.requests[0].key == "1:s/flight/action");
    CHECK(w.requests[0].answer_by == at_start + 10s);
    w.run();
    CHECK(w.state() == saga_state::completed);
    CHECK(w.sent == "flight hotel price car pay ticket mail ");
    CHECK(w.all_or_nothing());
    CHECK(w.orchestrator->metrics().completed == 1);
    CHECK_FALSE(w.orchestrator->start("s", "journey", "", w.now)); // over, but known
    CHECK(w.orchestrator->forget("s"));
    CHECK_FALSE(w.orchestrator->state("s"));
}

TEMPLATE_TEST_CASE("A failed saga step's own compensation: definite is not run, unknown is run", "",
                   in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    SECTION("definite") {
        w.behave = only("car", conduct::fails);
        w.run();
        CHECK(w.sent == "flight hotel price car cancel hotel cancel flight ");
    }
    SECTION("unknown, to the last attempt") {
        w.behave = only("car", conduct::is_confused);
        w.run();
        CHECK(w.sent == "flight hotel price car car#2 cancel car cancel hotel cancel flight ");
        CHECK(w.runs["cancel car"] == 0); // there was nothing to undo, as it turned out
    }
    SECTION("unknown, and it was done") {
        w.behave = only("car", conduct::works_dumbly);
        w.run();
        CHECK(w.runs["car"] == 1);
        CHECK(w.runs["cancel car"] == 1);
    }
    SECTION("definite, but an earlier attempt is open") {
        int count = 0;
        w.behave = [&](const saga_command& c) {
            return c.command != "car" ? conduct::works
                   : ++count == 1     ? conduct::is_confused
                                      : conduct::fails;
        };
        w.run();
        CHECK(w.sent == "flight hotel price car car#2 cancel car cancel hotel cancel flight ");
    }
    CHECK(w.state() == saga_state::compensated);
    CHECK(w.all_or_nothing());
}

TEMPLATE_TEST_CASE("Compensation order: reverse, one by one, or all at once where it is asked for",
                   "", in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.options.parallel_compensation = GENERATE(false, true);
    w.recover();
    go_to_payment(w);
    answer(w, "pay", result::failed);
    w.sent.clear();
    w.poll();
    if (w.options.parallel_compensation) {
        CHECK(w.sent == "cancel car cancel hotel cancel flight ");
    } else {
        CHECK(w.sent == "cancel car ");
        CHECK(answer(w, "car", result::done, 1, saga_direction::compensation));
        w.poll();
        CHECK(w.sent == "cancel car cancel hotel ");
    }
    w.run();
    CHECK(w.state() == saga_state::compensated);
}

TEMPLATE_TEST_CASE("Compensation failure: retried with back-off, then parked", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.behave = [](const saga_command& c) {
        return c.command == "pay" || c.command == "cancel hotel" ? conduct::fails : conduct::works;
    };
    w.start();
    w.run();
    CHECK(w.now == at_start + 1s + 2s + 4s); // three back-offs between four attempts
    auto parked = w.orchestrator->parked();
    REQUIRE(parked.size() == 1);
    CHECK(parked[0].step == "hotel");
    CHECK(parked[0].direction == saga_direction::compensation);
    CHECK(parked[0].reason.find("failed 4 times") == 0);
    CHECK(w.effects["flight"] == 1); // in reverse order: it comes after the parked one
    CHECK(w.orchestrator->next_event() == never);
    w.recover(); // it survives
    CHECK(w.orchestrator->parked().size() == 1);
    CHECK_FALSE(w.orchestrator->resolve("s", "hotel", result::failed, "", w.now));
    CHECK_FALSE(w.orchestrator->resolve("s", "car", result::done, "", w.now));
    SECTION("the operator has it tried again") {
        w.behave = only("pay", conduct::fails);
        CHECK(w.orchestrator->resolve("s", "hotel", result::unknown, "up again", w.now));
        w.run();
        CHECK(w.all_or_nothing());
        CHECK(w.state() == saga_state::compensated);
    }
    SECTION("the operator has done it by hand") {
        CHECK(w.orchestrator->resolve("s", "hotel", result::done, "called them", w.now));
        w.run();
        CHECK(w.state() == saga_state::compensated);
        const auto all = w.orchestrator->history("s");
        CHECK(std::any_of(all.begin(), all.end(), [](const auto& r) {
            return r.kind == saga_record_kind::resolved && r.text == "called them";
        }));
    }
    SECTION("the operator gives it up") {
        CHECK(w.orchestrator->give_up("s", "bankrupt", w.now));
        CHECK(w.state() == saga_state::failed);
        CHECK(w.orchestrator->history("s").back().text == "bankrupt");
        CHECK_FALSE(w.orchestrator->give_up("s", "again", w.now));
    }
}

TEMPLATE_TEST_CASE("Attempts to undo a step are counted on their own", "", in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    int failures = 3;
    w.behave = [&](const saga_command& c) {
        if (c.command == "car")
            return conduct::is_confused; // twice, as often as it may be
        return c.command == "cancel car" && failures-- > 0 ? conduct::fails : conduct::works;
    };
    w.start();
    w.run();
    CHECK(w.state() == saga_state::compensated);
    CHECK(w.sent.find("car#2 cancel car cancel car#2 cancel car#3 cancel car#4 ") !=
          std::string::npos);
}

TEMPLATE_TEST_CASE("Compensations run at once do not wait for a parked one", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.options.parallel_compensation = true;
    w.recover();
    w.behave = [](const saga_command& c) {
        return c.command == "pay" || c.command == "cancel hotel" ? conduct::fails : conduct::works;
    };
    w.start();
    w.run();
    CHECK(w.orchestrator->parked().size() == 1);
    CHECK(w.effects["flight"] == 0);
}

TEMPLATE_TEST_CASE("Intent is logged before each step, and the log alone says what happened", "",
                   in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    w.kept.die_at(1, false);
    CHECK_THROWS_AS(w.orchestrator->commands(w.now, w.chance), test::crash);
    w.recover();
    CHECK(kinds(w.orchestrator->history("s")) == "started "); // nothing was given out
    w.poll();
    CHECK(kinds(w.orchestrator->history("s")) == "started sent sent ");
    w.recover();
    CHECK(kinds(w.orchestrator->history("s")) == "started sent sent interrupted interrupted ");
    w.sent.clear();
    w.requests.clear();
    w.poll();
    CHECK(w.sent == "flight#2 hotel#2 ");
    CHECK(w.requests[0].key == "1:s/flight/action"); // the same key: it is the same deed
    w.run();
    CHECK(w.state() == saga_state::completed);
}

TEMPLATE_TEST_CASE("Retriable steps after the pivot go forward only, whatever they answer", "",
                   in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    int failures = 3;
    w.behave = [&](const saga_command& c) {
        return c.command == "mail" && failures-- > 0 ? conduct::is_confused : conduct::works;
    };
    w.start(at_start + 1s); // the deadline comes while it retries
    w.run();
    CHECK(w.now > at_start + 1s);
    CHECK(w.state() == saga_state::completed);
    CHECK(w.all_or_nothing());
}

TEMPLATE_TEST_CASE("A retriable step that keeps failing is parked, not undone", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.behave = only("mail", conduct::is_confused);
    w.start();
    w.run();
    REQUIRE(w.orchestrator->parked().size() == 1);
    CHECK(w.orchestrator->find("s")->state() == saga_state::forward);
    CHECK_FALSE(w.orchestrator->resolve("s", "mail", result::failed, "", w.now));
    w.behave = only("", conduct::works);
    CHECK(w.orchestrator->resolve("s", "mail", result::unknown, "", w.now));
    w.run();
    CHECK(w.state() == saga_state::completed);
}

TEMPLATE_TEST_CASE("The deadline of the saga triggers compensation, not abandonment", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start(at_start + 5s);
    w.poll();
    answer(w, "flight", result::done);
    w.poll();
    CHECK(w.orchestrator->next_event() == at_start + 5s);
    w.now = at_start + 5s;
    w.poll();
    CHECK(w.sent == "flight hotel "); // the hotel is awaited first
    CHECK(w.orchestrator->find("s")->reason() == "deadline");
    answer(w, "hotel", result::done);
    w.requests.clear();
    w.effects = {{"flight", 1}, {"hotel", 1}};
    w.poll();
    CHECK(w.sent == "flight hotel cancel hotel ");
    w.run();
    CHECK(w.state() == saga_state::compensated);
}

TEMPLATE_TEST_CASE("At the deadline the last answer is still in time", "", in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.definition.steps.resize(1);
    w.recover();
    w.start(at_start + 5s);
    w.poll();
    w.now = at_start + 5s;
    answer(w, "flight", result::done);
    w.poll();
    CHECK(w.state() == saga_state::completed);
}

TEMPLATE_TEST_CASE("A payment whose outcome is open is neither undone nor given up", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    go_to_payment(w);
    CHECK(w.orchestrator->cancel("s", "the user left", w.now));
    CHECK_FALSE(w.orchestrator->cancel("s", "again", w.now));
    w.poll();
    CHECK(w.orchestrator->find("s")->state() == saga_state::forward);
    for (int i = 0; i < 20; ++i) { // it is silent
        w.now = std::min(w.orchestrator->next_event(), w.now + 1h);
        w.poll();
    }
    REQUIRE(w.orchestrator->parked().size() == 1);
    SECTION("a late answer settles it: done") {
        CHECK(answer(w, "pay", result::done, 2));
        w.poll();
        CHECK(w.sent.find("ticket mail") != std::string::npos);
    }
    SECTION("a late answer settles it: failed") {
        CHECK_FALSE(answer(w, "pay", result::failed, 2)); // says nothing about the last attempt
        CHECK(answer(w, "pay", result::failed, 4));
        w.poll();
        CHECK(w.orchestrator->find("s")->state() == saga_state::compensating);
    }
    SECTION("the operator knows that it was not done") {
        CHECK(w.orchestrator->resolve("s", "pay", result::failed, "asked the bank", w.now));
        w.poll();
        CHECK(w.orchestrator->find("s")->state() == saga_state::compensating);
    }
}

TEMPLATE_TEST_CASE("Cancelling turns a saga back, and its compensations are not cancelled", "",
                   in_memory, in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    w.poll();
    w.deliver_request(0);
    w.deliver_answer(0);
    CHECK(w.orchestrator->cancel("s", "the user left", w.now));
    w.run();
    CHECK(w.state() == saga_state::compensated);
    CHECK(w.all_or_nothing());
    CHECK_FALSE(w.orchestrator->cancel("s", "", w.now));
    CHECK_FALSE(w.orchestrator->cancel("none", "", w.now));
}

TEMPLATE_TEST_CASE("All running branches are awaited before anything is undone", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    w.poll();
    answer(w, "flight", result::done);
    answer(w, "hotel", result::unknown);
    w.now += 1s;
    w.poll();
    CHECK(w.sent == "flight hotel hotel#2 ");
    w.orchestrator->cancel("s", "", w.now);
    w.poll();
    CHECK(w.sent == "flight hotel hotel#2 ");
    w.now += 10s; // its time is up, at that very instant
    w.poll();
    CHECK(w.sent == "flight hotel hotel#2 cancel hotel ");
}

TEMPLATE_TEST_CASE("Late and repeated answers change nothing and are counted", "", in_memory,
                   in_sqlite) {
    TestType storage;
    saga_world w{storage.get()};
    w.start();
    w.poll();
    CHECK(answer(w, "flight", result::done));
    CHECK_FALSE(answer(w, "flight", result::done));
    CHECK_FALSE(answer(w, "flight", result::failed));
    CHECK_FALSE(answer(w, "hotel", result::done, 2)); // never sent
    CHECK_FALSE(answer(w, "hotel", result::done, 1, saga_direction::compensation));
    CHECK_FALSE(answer(w, "none", result::done));
    CHECK(w.orchestrator->metrics().late_answers == 5);
    w.now += 10s;
    w.poll(); // timed out
    CHECK_FALSE(answer(w, "hotel", result::unknown));
    CHECK(answer(w, "hotel", result::done)); // late, but known now
}

TEST_CASE("A definite failure and an unknown outcome are told apart by how the call ended") {
    const auto of = [](failure_kind kind, int http = 0) {
        return saga_result_of({.kind = kind, .status = static_cast<std::uint16_t>(http)});
    };
    CHECK(of(failure_kind::error, 402) == result::failed);
    CHECK(of(failure_kind::error, 409) == result::unknown);
    CHECK(of(failure_kind::error, 500) == result::unknown);
    for (const auto kind : {failure_kind::error, failure_kind::timed_out, failure_kind::cancelled,
                            failure_kind::connection_lost, failure_kind::unavailable,
                            failure_kind::breaker_open, failure_kind::deadline_exceeded})
        CHECK(of(kind) == result::unknown);
}

TEST_CASE("An orchestrator that could not write changes nothing") {
    memory_storage storage;
    saga_world w{storage};
    w.start();
    {
        const auto t = storage.begin(); // somebody else writes
        CHECK_THROWS_AS(w.orchestrator->commands(w.now, w.chance), storage_error);
        CHECK_THROWS_AS(w.orchestrator->cancel("s", "", w.now), storage_error);
        CHECK_THROWS_AS(w.orchestrator->start("t", "journey", "", w.now), storage_error);
    }
    w.run();
    CHECK(w.state() == saga_state::completed);
    CHECK(w.sent == "flight hotel price car pay ticket mail ");
}
