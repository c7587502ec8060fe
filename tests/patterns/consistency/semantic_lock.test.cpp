// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <map>
#include <rapidcheck.h>

#include "patterns/consistency/semantic_lock.hpp"
#include "storage_world.hpp"

using namespace windtunnel;
using test::in_memory;
using test::in_sqlite;

TEMPLATE_TEST_CASE("Semantic lock: what a saga may still undo is marked as its own", "", in_memory,
                   in_sqlite) {
    TestType world;
    semantic_lock lock;
    {
        const auto t = world.get().begin();
        CHECK(lock.try_acquire(*t, "room 7", "saga 1"));
        CHECK(lock.try_acquire(*t, "room 7", "saga 1")); // comes again
        CHECK_FALSE(lock.try_acquire(*t, "room 7", "saga 2"));
        CHECK(lock.try_acquire(*t, "room 8", "saga 1"));
        CHECK(lock.try_acquire(*t, "room 9", "saga 12"));
        t->commit();
    }
    world.restart();
    const auto t = world.get().begin();
    CHECK(lock.holder(*t, "room 7") == "saga 1");
    CHECK_FALSE(lock.release(*t, "room 7", "saga 2"));
    CHECK(lock.release(*t, "room 7", "saga 1"));
    CHECK_FALSE(lock.release(*t, "room 7", "saga 1"));
    CHECK(lock.try_acquire(*t, "room 7", "saga 2"));
    CHECK(lock.release_all(*t, "saga 1") == 1);
    CHECK(lock.holder(*t, "room 7") == "saga 2");
    CHECK(lock.holder(*t, "room 9") == "saga 12");
    CHECK_FALSE(lock.holder(*t, "room 8"));
}

TEMPLATE_TEST_CASE("A resource has one holder, who alone can give it up", "", in_memory,
                   in_sqlite) {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        TestType world;
        semantic_lock lock;
        std::map<std::string, std::string> model;
        const auto t = world.get().begin();
        for (const auto& [what, which] : script) {
            const std::string saga(1U + which % 3U, 's');
            const std::string resource(1U + which / 3U % 4U, 'r');
            if (what % 3 == 0)
                RC_ASSERT(lock.try_acquire(*t, resource, saga) ==
                          (model.try_emplace(resource, saga).first->second == saga));
            else if (what % 3 == 1)
                RC_ASSERT(lock.release(*t, resource, saga) ==
                          (model.contains(resource) && model[resource] == saga &&
                           model.erase(resource) == 1));
            else
                RC_ASSERT(lock.release_all(*t, saga) ==
                          std::erase_if(model, [&](const auto& m) { return m.second == saga; }));
            for (const auto& [r, s] : model)
                RC_ASSERT(lock.holder(*t, r) == s);
        }
    }));
}
