// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>

#include "saga_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using Catch::Matchers::Contains;
using kind = saga_step_kind;

namespace {

const saga_step undoable{.name = "a", .compensation = "undo a"};
const saga_step pivot{.name = "p", .kind = kind::pivot};
const saga_step retriable{.name = "r", .kind = kind::retriable};

saga_step named(saga_step s, const std::string& name) {
    s.name = name;
    return s;
}

void refuses(const std::vector<saga_step>& steps, const std::string& step,
             const std::string& rule) {
    CHECK_THROWS_WITH((saga_definition{"shop", steps}.validate()),
                      Contains("saga \"shop\", step \"" + step + "\": ") && Contains(rule));
}

} // namespace

TEST_CASE("A saga that cannot work is refused by step and rule") {
    CHECK_THROWS_WITH((saga_definition{"", {undoable}}.validate()), Contains("its name is empty"));
    CHECK_THROWS_WITH((saga_definition{"shop", {}}.validate()), Contains("it has no steps"));
    refuses({named(undoable, "")}, "", "its name is empty");
    refuses({undoable, undoable}, "a", "must be unique");
    refuses({{.name = "x"}, pivot}, "x", "it has no compensation");
    refuses({{.name = "x"}}, "x", "it has no compensation");
    refuses({{.name = "x", .compensation = "u", .read_only = true}}, "x", "nothing to undo");
    refuses({{.name = "x", .kind = kind::pivot, .compensation = "u"}}, "x", "would never run");
    refuses({{.name = "x", .kind = kind::retriable, .compensation = "u"}}, "x", "would never run");
    refuses({pivot, named(pivot, "q")}, "q", "a second pivot, after \"p\"");
    refuses({retriable, undoable}, "a", "follows the retriable step \"r\"");
    refuses({retriable, pivot}, "p", "follows the retriable step \"r\"");
    refuses({pivot, undoable}, "a", "follows the pivot \"p\"");
}

TEST_CASE("Parallel groups that cannot work are refused by step and rule") {
    const auto in_group = [](saga_step s, int group) {
        s.parallel_group = group;
        return s;
    };
    refuses({in_group(undoable, -1)}, "a", "must not be negative");
    refuses({in_group(undoable, 1), in_group(pivot, 1)}, "p", "a pivot cannot run in parallel");
    refuses({in_group(undoable, 1), in_group(retriable, 1)}, "r", "mixes");
    refuses({in_group(undoable, 1), named(undoable, "b"), in_group(named(undoable, "c"), 1)}, "c",
            "must be neighbours");
}

TEST_CASE("Sagas that can work are taken") {
    CHECK_NOTHROW(test::journey().validate());
    CHECK_NOTHROW((saga_definition{"s", {undoable}}.validate()));
    CHECK_NOTHROW((saga_definition{"s", {undoable, retriable}}.validate()));
    CHECK_NOTHROW((saga_definition{"s", {pivot}}.validate()));
    CHECK_NOTHROW((saga_definition{"s", {retriable}}.validate()));
}

TEST_CASE("An orchestrator refuses what makes no sense, by name") {
    memory_storage s;
    const auto made = [&](const std::vector<saga_definition>& d, const saga_options& o) {
        saga_orchestrator{s, d, o, test::at_start};
    };
    const std::vector all{test::journey()};
    CHECK_THROWS_WITH(made({test::journey(), test::journey()}, {}), Contains("two definitions"));
    CHECK_THROWS_WITH(made(all, {.attempt_timeout = 0s}), Contains("saga: attempt_timeout"));
    CHECK_THROWS_WITH(made(all, {.max_attempts = 0}), Contains("max_attempts"));
    CHECK_THROWS_WITH(made(all, {.max_persistent_attempts = 0}),
                      Contains("max_persistent_attempts"));
    CHECK_THROWS_WITH(made(all, {.initial_backoff = 0s}), Contains("initial_backoff"));
    CHECK_THROWS_WITH(made(all, {.max_backoff = 0s}), Contains("max_backoff"));
    CHECK_THROWS_WITH(made(all, {.jitter = 2}), Contains("jitter"));
    saga_orchestrator o{s, all, {}, test::at_start};
    CHECK_THROWS_WITH(o.start("1", "none", "", test::at_start), Contains("no such definition"));
    CHECK_THROWS_WITH(o.start("", "journey", "", test::at_start), Contains("the id is empty"));
    o.start("1", "journey", "", test::at_start);
    auto longer = test::journey();
    longer.steps.push_back({.name = "survey", .kind = kind::retriable});
    CHECK_THROWS_WITH(made({longer}, {}),
                      Contains("\"1\"") &&
                          Contains("began with other steps: flight"
                                   " (compensatable, undone by cancel flight, group 1), "));
    CHECK_THROWS_WITH(made({}, {}), Contains("\"1\"") && Contains("no definition of it"));
}
