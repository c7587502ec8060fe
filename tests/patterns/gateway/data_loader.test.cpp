// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/data_loader.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace windtunnel;
using namespace std::chrono_literals;

using loader = data_loader<int, std::string>;
using answer = loader::answer;
constexpr time_point zero{};

TEST_CASE("keys of one tick leave as one batch, each once, in the order of asking") {
    loader l;
    for (const int key : {3, 1, 3, 2, 1})
        CHECK(l.load(key, static_cast<loader::waiter>(key), zero).state == answer::waiting);
    CHECK_FALSE(l.take(zero + 1h));
    const auto batch = l.flush();
    REQUIRE(batch);
    CHECK(batch->keys == std::vector<int>{3, 1, 2});
    CHECK_FALSE(l.flush());
    CHECK(l.metrics().asked == 5);
    CHECK(l.metrics().joined == 2);
    CHECK(l.metrics().batches == 1);
}

TEST_CASE("waiters are told in the order in which they asked, and a key fails by itself") {
    loader l;
    l.load(1, 10, zero);
    l.load(2, 20, zero);
    l.load(1, 11, zero);
    const auto batch = *l.flush();
    CHECK(l.load(2, 21, zero).state == answer::waiting); // under way: no second batch
    CHECK_FALSE(l.flush());
    const auto told = l.finished(batch.id, {"one", std::nullopt});
    REQUIRE(told.size() == 4);
    CHECK(told[0].who == 10);
    CHECK(*told[0].value == "one");
    CHECK(told[1].who == 20);
    CHECK(told[1].value == nullptr);
    CHECK(told[2].who == 11);
    CHECK(told[3].who == 21);
    CHECK(l.finished(batch.id, {"again"}).empty());
    CHECK(*l.load(1, 12, zero).value == "one");
    CHECK(l.load(2, 22, zero).state == answer::failed);
    l.clear(2);
    CHECK(l.load(2, 23, zero).state == answer::waiting);
}

TEST_CASE("a batch leaves when it is full or its window is over, whichever is first") {
    loader l{{.max_batch = 2, .window = 5ms}};
    l.load(1, 0, zero);
    CHECK(l.next_deadline() == zero + 5ms);
    CHECK_FALSE(l.take(zero + 4ms));
    CHECK(l.take(zero + 5ms)->keys == std::vector<int>{1});
    CHECK(l.next_deadline() == never);
    for (const int key : {2, 3, 4})
        l.load(key, 0, zero + 6ms);
    CHECK(l.take(zero + 6ms)->keys == std::vector<int>{2, 3});
    CHECK_FALSE(l.take(zero + 6ms));
    CHECK(l.take(zero + 11ms)->keys == std::vector<int>{4});
}

TEST_CASE("a batch that brings too few values has failed for the rest") {
    loader l;
    l.load(1, 1, zero);
    l.load(2, 2, zero);
    const auto told = l.finished(l.flush()->id, {"one"});
    CHECK(told[0].value != nullptr);
    CHECK(told[1].value == nullptr);
}

TEST_CASE("a loader refuses a batch of no keys") {
    CHECK_THROWS_WITH(loader({.max_batch = 0}),
                      "data_loader: max_batch is 0; it must be 1 to 100000");
    CHECK_THROWS_WITH(loader({.window = -1ms}),
                      "data_loader: window is -1ms; it must be at least 0");
}
