// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/probes.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr auto startup = probe_kind::startup;
constexpr auto readiness = probe_kind::readiness;
constexpr auto liveness = probe_kind::liveness;

/// The next probe of all, at its time, answered at once. Whether anything changed.
bool answer(container_probes& p, probe_kind expected, bool good) {
    const auto at = p.next_at();
    const auto due = p.begin(at);
    REQUIRE(due);
    CHECK(due->kind == expected);
    const auto result = good ? probe_result::success : probe_result::failure;
    return p.on_result(due->kind, due->number, result, at);
}

} // namespace

TEST_CASE("without probes a container is ready at once and never restarted") {
    container_probes p{{}, start};
    CHECK(p.started());
    CHECK(p.ready());
    CHECK_FALSE(p.restart_wanted());
    CHECK(p.next_at() == never);
    CHECK_FALSE(p.begin(start));
}

TEST_CASE("readiness starts as no, and follows its thresholds both ways") {
    container_probes p{{.readiness = probe_options{.success_threshold = 2}}, start};
    CHECK(p.started());
    CHECK_FALSE(p.ready());
    CHECK_FALSE(answer(p, readiness, true));
    CHECK(answer(p, readiness, true));
    CHECK(p.ready());
    CHECK_FALSE(answer(p, readiness, false));
    CHECK_FALSE(answer(p, readiness, false));
    CHECK_FALSE(answer(p, readiness, true)); // the row is broken
    CHECK_FALSE(answer(p, readiness, false));
    CHECK_FALSE(answer(p, readiness, false));
    CHECK(answer(p, readiness, false));
    CHECK_FALSE(p.ready());
    CHECK_FALSE(p.restart_wanted()); // readiness never restarts
}

TEST_CASE("liveness starts as yes, and its failure holds everything until the restart") {
    container_probes p{{.readiness = probe_options{}, .liveness = probe_options{}}, start};
    CHECK(answer(p, readiness, true));
    CHECK(p.ready());
    for (int i = 0; i < 2; ++i) {
        CHECK_FALSE(answer(p, liveness, false));
        CHECK_FALSE(answer(p, readiness, true));
    }
    CHECK(answer(p, liveness, false));
    CHECK(p.restart_wanted());
    CHECK_FALSE(p.ready());
    CHECK(p.next_at() == never);
    CHECK_FALSE(p.begin(start + 1h));
    p.restarted(start + 1h);
    CHECK_FALSE(p.restart_wanted());
    CHECK_FALSE(p.ready());
    CHECK(p.next_at() == start + 1h);
    CHECK(answer(p, readiness, true));
    CHECK(p.ready());
}

TEST_CASE("startup blocks the others until it has succeeded, and is then over") {
    const probe_options often{.period = 1s};
    container_probes p{{.startup = often, .readiness = often, .liveness = often}, start};
    CHECK_FALSE(p.started());
    CHECK_FALSE(answer(p, startup, false));
    CHECK_FALSE(answer(p, startup, false));
    CHECK(p.next_at() == start + 2s);
    CHECK(answer(p, startup, true));
    CHECK(p.started());
    CHECK_FALSE(p.ready());
    CHECK(answer(p, readiness, true));
    CHECK(p.ready());
    CHECK_FALSE(answer(p, liveness, true));
    CHECK_FALSE(answer(p, readiness, true));
}

TEST_CASE("a container that does not start in time is restarted") {
    container_probes p{{.startup = probe_options{.failure_threshold = 2}}, start};
    CHECK_FALSE(answer(p, startup, false));
    CHECK(answer(p, startup, false));
    CHECK(p.restart_wanted());
    CHECK_FALSE(p.started());
}

TEST_CASE("probes are due from their initial delay on, every period from start to start") {
    container_probes p{{.readiness = probe_options{.initial_delay = 5s, .period = 10s}}, start};
    CHECK(p.next_at() == start + 5s);
    CHECK_FALSE(p.begin(start + 5s - 1ns));
    const auto due = p.begin(start + 5s);
    CHECK(due == container_probes::due{readiness, 1, start + 6s});
    CHECK(p.next_at() == never);
    CHECK_FALSE(p.begin(start + 20s)); // one at a time
    p.on_result(readiness, 1, probe_result::success, start + 5500ms);
    CHECK(p.next_at() == start + 15s);
}

TEST_CASE("probes of one instant come in the order startup, readiness, liveness") {
    container_probes p{{.readiness = probe_options{}, .liveness = probe_options{}}, start};
    CHECK(p.begin(start)->kind == readiness);
    CHECK(p.begin(start)->kind == liveness);
    CHECK_FALSE(p.begin(start));
}

TEST_CASE("an answer at the deadline is a failure, one before it is not") {
    const auto [took, ready] = GENERATE(table<duration, bool>({{1s - 1ns, true}, {1s, false}}));
    container_probes p{{.readiness = probe_options{}}, start};
    const auto due = p.begin(start).value();
    CHECK(p.on_result(readiness, due.number, probe_result::success, start + took) == ready);
    CHECK(p.ready() == ready);
}

TEST_CASE("a prober that failed itself changes nothing; fatal is a failure") {
    container_probes p{{.liveness = probe_options{.failure_threshold = 1}}, start};
    auto due = p.begin(start).value();
    CHECK_FALSE(p.on_result(liveness, due.number, probe_result::no_view, start));
    CHECK_FALSE(p.restart_wanted());
    due = p.begin(p.next_at()).value();
    CHECK(p.on_result(liveness, due.number, probe_result::fatal, start + 10s));
    CHECK(p.restart_wanted());
}

TEST_CASE("R1: a result from before the restart says nothing of the new container") {
    container_probes p{{.readiness = probe_options{}, .liveness = {}}, start};
    const auto old = p.begin(start).value();
    p.restarted(start + 1ms);
    CHECK_FALSE(p.on_result(readiness, old.number, probe_result::success, start + 2ms));
    const auto anew = p.begin(start + 2ms).value();
    CHECK_FALSE(p.on_result(readiness, old.number, probe_result::success, start + 3ms));
    CHECK(p.on_result(readiness, anew.number, probe_result::success, start + 3ms));
}

TEST_CASE("container probes refuse options that make no sense") {
    const auto [o, message] = GENERATE(table<container_probe_options, std::string>({
        {{.startup = probe_options{.initial_delay = -1s}},
         "startup probe: initial_delay is -1s; it must not be negative"},
        {{.readiness = probe_options{.period = 0s}},
         "readiness probe: period is 0s; it must be above 0"},
        {{.liveness = probe_options{.timeout = 0s}},
         "liveness probe: timeout is 0s; it must be above 0"},
        {{.readiness = probe_options{.success_threshold = 0}},
         "readiness probe: success_threshold is 0; it must be at least 1"},
        {{.liveness = probe_options{.success_threshold = 2}},
         "liveness probe: success_threshold is 2; it must be 1, but for readiness"},
        {{.startup = probe_options{.success_threshold = 2}},
         "startup probe: success_threshold is 2"},
        {{.startup = probe_options{.failure_threshold = 0}},
         "startup probe: failure_threshold is 0; it must be at least 1"},
    }));
    CHECK_THROWS_WITH(o.validate(), Catch::Matchers::StartsWith(message));
    CHECK_THROWS_AS(container_probes(o), std::invalid_argument);
}

TEST_CASE("the longest times do not overflow, and the kinds have names") {
    const probe_options endless{.period = duration::max(), .timeout = duration::max()};
    container_probes p{{.readiness = endless}, start};
    CHECK(answer(p, readiness, true));
    CHECK(p.next_at() == never);
    CHECK(to_string(startup) == "startup");
    CHECK(to_string(readiness) == "readiness");
    CHECK(to_string(liveness) == "liveness");
}
