// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <rapidcheck.h>

#include "patterns/consistency/record_codec.hpp"
#include "storage_world.hpp"

using namespace windtunnel;
using test::in_memory;
using test::in_sqlite;

namespace {

void put_one(storage& s, const std::string& key, const std::string& value) {
    const auto t = s.begin();
    t->put("table", key, value);
    t->commit();
}

storage_failure failure_of(const std::function<void()>& what) {
    try {
        what();
    } catch (const storage_error& e) {
        return e.kind();
    }
    FAIL("nothing was thrown");
    return {};
}

} // namespace

TEMPLATE_TEST_CASE("What a transaction wrote is there when it commits and not when it does not", "",
                   in_memory, in_sqlite) {
    TestType world;
    put_one(world.get(), "kept", "old");
    put_one(world.get(), "erased", "old");
    {
        const auto t = world.get().begin();
        t->put("table", "kept", "new");
        t->put("table", "kept", "newer");
        t->put("table", "added", "new");
        CHECK(t->erase("table", "erased"));
        CHECK_FALSE(t->erase("table", "erased"));
        t->put("another", "added", "new");
        CHECK(t->get("table", "kept") == "newer"); // it sees what it wrote itself
    }
    world.restart();
    const auto t = world.get().begin_read();
    CHECK(t->get("table", "kept") == "old");
    CHECK(t->get("table", "erased") == "old");
    CHECK_FALSE(t->get("table", "added"));
    CHECK_FALSE(t->get("another", "added"));
}

TEMPLATE_TEST_CASE("What was committed is there after a restart", "", in_memory, in_sqlite) {
    TestType world;
    put_one(world.get(), std::string{"\0\xFF key", 6}, std::string{"\0 value", 7});
    put_one(world.get(), "", "");
    world.restart();
    const auto t = world.get().begin_read();
    CHECK(t->get("table", std::string{"\0\xFF key", 6}) == std::string{"\0 value", 7});
    CHECK(t->get("table", "") == "");
}

TEMPLATE_TEST_CASE("Of one storage one transaction is open at a time", "", in_memory, in_sqlite) {
    TestType world;
    auto t = world.get().begin();
    CHECK(failure_of([&] { world.get().begin(); }) == storage_failure::busy);
    CHECK(failure_of([&] { world.get().begin_read(); }) == storage_failure::busy);
    t.reset();
    CHECK_NOTHROW(world.get().begin());
}

TEMPLATE_TEST_CASE("A scan is ordered by bytes and ends before its end", "", in_memory, in_sqlite) {
    TestType world;
    const auto t = world.get().begin();
    for (const char* key : {"b", "a", "ab", "\x80", "c"})
        t->put("table", key, key);
    const auto keys = [&](const key_range& range, std::size_t limit) {
        std::string all;
        for (const auto& e : t->scan("table", range, limit))
            all += e.key + " ";
        return all;
    };
    CHECK(keys({}, 99) == "a ab b c \x80 ");
    CHECK(keys({"ab", "c"}, 99) == "ab b ");
    CHECK(keys({"ab", {}}, 2) == "ab b ");
    CHECK(keys({"x", "y"}, 99).empty());
    CHECK(t->last("table", {})->key == "\x80");
    CHECK(t->last("table", {"a", "c"})->key == "b");
    CHECK_FALSE(t->last("table", {"bb", "c"}));
    CHECK_FALSE(t->last("nothing", {}));
}

TEMPLATE_TEST_CASE("A storage is a map that forgets what was not committed", "", in_memory,
                   in_sqlite) {
    using script = std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint8_t>>;
    REQUIRE(rc::check([](const std::vector<std::pair<bool, script>>& transactions) {
        TestType world;
        std::map<std::string, std::string> model;
        for (const auto& [commits, steps] : transactions) {
            auto draft = model;
            const auto t = world.get().begin();
            for (const auto& [what, where, value] : steps) {
                const std::string key(where % 3U, static_cast<char>('a' + where % 4));
                if (what % 3 == 0)
                    RC_ASSERT(t->erase("t", key) == (draft.erase(key) == 1));
                else
                    t->put("t", key, draft[key] = std::to_string(value));
            }
            if (commits) {
                t->commit();
                model = draft;
            }
        }
        std::map<std::string, std::string> kept;
        for (auto& e : world.get().begin_read()->scan("t", {}, 1000))
            kept.emplace(e.key, e.value);
        RC_ASSERT(kept == model);
    }));
}

TEST_CASE("Keys are ordered as what they are made of") {
    REQUIRE(rc::check([](const std::pair<std::string, std::uint64_t>& a,
                         const std::pair<std::string, std::uint64_t>& b) {
        const auto key = [](const auto& p) {
            return storage_key{}.text(p.first).number(p.second).take();
        };
        const auto signs = [](std::uint64_t n) {
            return time_point{duration{static_cast<std::int64_t>(n)}};
        };
        RC_ASSERT((key(a) < key(b)) == (a < b));
        RC_ASSERT((storage_key{}.time(signs(a.second)).take() <
                   storage_key{}.time(signs(b.second)).take()) ==
                  (signs(a.second) < signs(b.second)));
        const std::string bytes = key(a);
        storage_key_reader r{bytes};
        RC_ASSERT(r.text() == a.first);
        RC_ASSERT(r.number() == a.second);
        const auto range = storage_key{}.text(a.first).prefix();
        RC_ASSERT((key(b) >= range.from && key(b) < range.to) == (a.first == b.first));
    }));
}

TEST_CASE("A record that was cut off is corrupt, whatever is left of it") {
    const std::string whole = record_writer{}.text("a text").number(1U << 20U).time({}).take();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        record_reader r{std::string_view{whole}.substr(0, size)};
        const auto read = [&] {
            r.text();
            r.number();
            r.time();
        };
        CHECK(failure_of(read) == storage_failure::corrupt);
    }
}
