// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>

#include "patterns/consistency/saga_participant.hpp"
#include "storage_world.hpp"

using namespace windtunnel;
using test::in_memory;
using test::in_sqlite;
using verdict = saga_verdict;

namespace {

constexpr auto act = saga_direction::action;
constexpr auto undo = saga_direction::compensation;

} // namespace

TEMPLATE_TEST_CASE("Empty rollback: a compensation that comes first undoes nothing", "", in_memory,
                   in_sqlite) {
    TestType world;
    saga_participant p;
    const auto t = world.get().begin();
    CHECK(p.admit(*t, "s", "pay", undo).verdict == verdict::nothing_to_undo);
    CHECK(p.admit(*t, "s", "pay", undo).verdict == verdict::nothing_to_undo);
}

TEMPLATE_TEST_CASE("Suspension: an action that comes after its compensation is refused", "",
                   in_memory, in_sqlite) {
    TestType world;
    saga_participant p;
    {
        const auto t = world.get().begin();
        p.admit(*t, "s", "pay", undo);
        t->commit();
    }
    world.restart();
    const auto t = world.get().begin();
    CHECK(p.admit(*t, "s", "pay", act).verdict == verdict::refused);
    CHECK(p.admit(*t, "s", "ship", act).verdict == verdict::run);
    CHECK(p.admit(*t, "other", "pay", act).verdict == verdict::run);
}

TEMPLATE_TEST_CASE("Idempotence: what comes again is told the same and has no second effect", "",
                   in_memory, in_sqlite) {
    TestType world;
    saga_participant p;
    const auto t = world.get().begin();
    CHECK(p.admit(*t, "s", "pay", act).verdict == verdict::run);
    p.done(*t, "s", "pay", "receipt 7");
    CHECK(p.admit(*t, "s", "pay", act).verdict == verdict::already_done);
    CHECK(p.admit(*t, "s", "pay", act).data == "receipt 7");
    CHECK(p.admit(*t, "s", "pay", undo).verdict == verdict::run);
    CHECK(p.admit(*t, "s", "pay", undo).verdict == verdict::nothing_to_undo);
    CHECK(p.admit(*t, "s", "pay", act).verdict == verdict::refused);
}

TEMPLATE_TEST_CASE("A definite failure stays one, and there is nothing to undo", "", in_memory,
                   in_sqlite) {
    TestType world;
    saga_participant p;
    const auto t = world.get().begin();
    p.admit(*t, "s", "pay", act);
    p.failed(*t, "s", "pay", "no cover");
    const auto again = p.admit(*t, "s", "pay", act);
    CHECK(again.verdict == verdict::already_failed);
    CHECK(again.data == "no cover");
    CHECK(p.admit(*t, "s", "pay", undo).verdict == verdict::nothing_to_undo);
}
