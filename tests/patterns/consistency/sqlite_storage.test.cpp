// SPDX-License-Identifier: BSL-1.0
// What only a file has: other connections and processes, damage, and a disk that is told to keep.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "storage_world.hpp"

using namespace windtunnel;
using Catch::Matchers::Contains;

namespace {

int pragma(const sqlite_storage& s, const std::string& name) {
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(s.handle(), ("PRAGMA " + name).c_str(), -1, &statement, nullptr);
    sqlite3_step(statement);
    const int value = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void count_up(storage& s) {
    for (;;) {
        try {
            const auto t = s.begin();
            t->put("table", "count", t->get("table", "count").value_or("") + "x");
            t->commit();
            return;
        } catch (const storage_error& e) {
            if (e.kind() != storage_failure::busy)
                throw;
        }
    }
}

} // namespace

TEST_CASE("A file is written through to the disk at each commit") {
    const test::scratch_folder folder;
    const sqlite_storage s{{.file = folder.file("a.db")}};
    CHECK(pragma(s, "synchronous") == 2); // FULL
    CHECK(pragma(s, "application_id") == 0x57544e4c);
}

TEST_CASE("Two connections to one file write one after the other") {
    const test::scratch_folder folder;
    sqlite_storage one{{.file = folder.file("a.db")}};
    sqlite_storage other{{.file = folder.file("a.db")}};
    auto t = one.begin();
    t->put("table", "key", "1");
    CHECK_THROWS_AS(other.begin(), storage_error);
    CHECK_FALSE(other.begin_read()->get("table", "key")); // reads what was before
    const auto reading = other.begin_read();
    CHECK_FALSE(reading->get("table", "key"));
    t->commit();
    CHECK_FALSE(reading->get("table", "key")); // still the same state
    t.reset();
    CHECK(one.begin_read()->get("table", "key") == "1");
}

TEST_CASE("Threads with a connection each lose no update") {
    const test::scratch_folder folder;
    const sqlite_options options{.file = folder.file("a.db"),
                                 .busy_timeout = std::chrono::seconds{20}};
    sqlite_storage first{options};
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i)
        all.emplace_back([&] {
            sqlite_storage mine{options};
            for (int n = 0; n < 25; ++n)
                count_up(mine);
        });
    for (auto& t : all)
        t.join();
    CHECK(first.begin_read()->get("table", "count")->size() == 100);
}

TEST_CASE("A process that dies within a transaction leaves nothing of it") {
    const test::scratch_folder folder;
    const sqlite_options options{.file = folder.file("a.db")};
    const pid_t child = fork();
    if (child == 0) {
        sqlite_storage s{options};
        count_up(s);
        const auto t = s.begin();
        t->put("table", "lost", "x");
        _exit(0);
    }
    int status = 1;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    sqlite_storage s{options};
    CHECK(s.begin_read()->get("table", "count") == "x");
    CHECK_FALSE(s.begin_read()->get("table", "lost"));
}

TEST_CASE("A program's own statements belong to the transaction that is open") {
    const test::scratch_folder folder;
    sqlite_storage s{{.file = folder.file("a.db")}};
    const auto run = [&](const char* text) {
        return sqlite3_exec(s.handle(), text, nullptr, nullptr, nullptr);
    };
    REQUIRE(run("CREATE TABLE mine (a)") == SQLITE_OK);
    {
        const auto t = s.begin();
        REQUIRE(run("INSERT INTO mine VALUES (1)") == SQLITE_OK);
        t->put("table", "key", "1");
    }
    CHECK_FALSE(s.begin_read()->get("table", "key"));
    CHECK(pragma(s, "user_version") == 1);
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(s.handle(), "SELECT count(*) FROM mine", -1, &statement, nullptr);
    sqlite3_step(statement);
    CHECK(sqlite3_column_int(statement, 0) == 0);
    sqlite3_finalize(statement);
}

TEST_CASE("What SQLite has undone is not taken for a transaction") {
    const test::scratch_folder folder;
    sqlite_storage s{{.file = folder.file("a.db")}};
    const auto t = s.begin();
    t->put("table", "key", "1");
    sqlite3_exec(s.handle(), "ROLLBACK", nullptr, nullptr, nullptr); // as after a full disk
    CHECK_THROWS_AS(t->put("table", "key", "2"), storage_error);
    CHECK_THROWS_AS(t->commit(), storage_error);
    CHECK_FALSE(s.begin_read()->get("table", "key"));
}

TEST_CASE("A file that is none of ours is refused and left alone") {
    const test::scratch_folder folder;
    const std::string text = folder.write("text.db", std::string(5000, 'x'));
    CHECK_THROWS_WITH(sqlite_storage({.file = text}), Contains("text.db"));
    CHECK(test::content(text) == std::string(5000, 'x'));
    CHECK_THROWS_AS(sqlite_storage({.file = folder.file("no/such/folder.db")}), storage_error);

    const std::string other = folder.file("other.db");
    sqlite3* raw = nullptr;
    sqlite3_open(other.c_str(), &raw);
    sqlite3_exec(raw, "PRAGMA application_id = 7", nullptr, nullptr, nullptr);
    sqlite3_close(raw);
    CHECK_THROWS_WITH(sqlite_storage({.file = other}), Contains("a file of another program"));
}

TEST_CASE("sqlite_storage: options out of range are refused by name") {
    CHECK_THROWS_WITH(sqlite_storage({.file = ""}),
                      Contains("sqlite_storage: file") && Contains("it must name a file"));
    CHECK_THROWS_WITH(sqlite_storage({.file = "a", .busy_timeout = duration{-1}}),
                      Contains("busy_timeout"));
}
