// SPDX-License-Identifier: BSL-1.0
// A pool whose queue is ordered from outside.
#include <catch2/catch.hpp>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim-core/physics/pool_world.hpp"

using namespace windtunnel;
using namespace windtunnel::sim;
using namespace windtunnel::sim::test;

namespace {

using pick = queue_order::pick;

/// Answers by a list, then always the oldest; writes down what it was asked.
struct scripted_order : queue_order {
    explicit scripted_order(std::deque<pick> a) : answers(std::move(a)) {}
    pick next(const job&, duration oldest_wait, bool last) override {
        asked.push_back({oldest_wait, last});
        if (answers.empty())
            return pick::oldest;
        const pick answer = answers.front();
        answers.pop_front();
        return answer;
    }
    std::deque<pick> answers;
    std::vector<std::pair<duration, bool>> asked;
};

} // namespace

TEST_CASE("an order from outside picks either end of the queue, or drops the oldest and is asked "
          "again") {
    scripted_order order({pick::newest, pick::drop_oldest, pick::oldest});
    pool_world w({.order = &order});
    task a(w, "a"), b(w, "b"), c(w, "c"), d(w, "d");
    w.submit_at(0, a, 10); // finds a free worker: nobody is asked
    w.submit_at(1, b, 1);
    w.submit_at(2, c, 1);
    w.submit_at(3, d, 1);
    CHECK(w.run() == lines{"10 done a", "11 done d", "11 dropped b", "12 done c"});
    CHECK(order.asked ==
          std::vector<std::pair<duration, bool>>{{ms(9), false}, {ms(10), false}, {ms(9), true}});
    CHECK(w.pool.totals().dropped == 1);
    CHECK(w.pool.totals().completed == 3);
    CHECK(w.pool.in_system() == 0);
}

TEST_CASE("an order may drop the last one who waits") {
    scripted_order order({pick::drop_oldest});
    pool_world w({.order = &order});
    task a(w, "a"), b(w, "b"), c(w, "c");
    w.submit_at(0, a, 10);
    w.submit_at(1, b, 1);
    w.submit_at(20, c, 1);
    CHECK(w.run() == lines{"10 done a", "10 dropped b", "21 done c"});
}

TEST_CASE("an order decides in place of fifo alone") {
    scripted_order order({});
    const worker_pool_options options{.discipline = queue_discipline::lifo, .order = &order};
    CHECK_THROWS_WITH(options.validate(), Catch::Matchers::Contains("in place of fifo"));
}
