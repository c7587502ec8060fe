// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/bulkhead.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

bulkhead_options sized(int slots, int queue = 0) {
    return {.max_concurrent = slots, .max_queue = queue, .max_wait = queue > 0 ? 1s : 0s};
}

/// A waiter that notes when it was granted, and claims at once where it is told to.
struct guest : bulkhead::waiter {
    guest(bulkhead& b, std::vector<int>& order, int number, int weight = 1, bool claims = true)
        : waiter(&on_turn, weight), house(b), order_of_grants(order), number_of_guest(number),
          claims_at_once(claims) {}

    static void on_turn(waiter& w) {
        auto& self = static_cast<guest&>(w);
        self.order_of_grants.push_back(self.number_of_guest);
        if (self.claims_at_once)
            self.slot = self.house.claim(self);
    }

    bulkhead& house;
    std::vector<int>& order_of_grants;
    int number_of_guest;
    bool claims_at_once;
    bulkhead::permit slot;
};

} // namespace

TEST_CASE("a bulkhead admits so many at once and refuses the rest") {
    bulkhead b{sized(2)};
    auto one = b.try_acquire();
    auto two = b.try_acquire();
    CHECK(one);
    CHECK(two);
    CHECK_FALSE(b.try_acquire());
    CHECK(b.in_use() == 2);
    one.release();
    one.release(); // harmless
    CHECK(b.in_use() == 1);
    CHECK(b.try_acquire());
}

TEST_CASE("a permit gives its slot back when it is destroyed, moved onto, or released") {
    bulkhead b{sized(2)};
    { auto permit = b.try_acquire(); }
    CHECK(b.in_use() == 0);
    auto one = b.try_acquire();
    auto two = b.try_acquire();
    one = std::move(two);
    CHECK(b.in_use() == 1);
    CHECK_FALSE(two); // NOLINT(bugprone-use-after-move)
    one = {};
    CHECK(b.in_use() == 0);
}

TEST_CASE("without a queue nobody waits") {
    bulkhead b{sized(1)};
    std::vector<int> order;
    guest a{b, order, 1};
    CHECK(b.enqueue(a) == enqueue_result::granted);
    CHECK(a.granted());
    CHECK(order.empty()); // who gets it at once is not called
    guest c{b, order, 2};
    CHECK(b.enqueue(c) == enqueue_result::rejected_full);
    CHECK_FALSE(c.queued());
}

TEST_CASE("those who wait get their turn in the order they came, and the queue is bounded") {
    bulkhead b{sized(1, 2)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    guest first{b, order, 1};
    guest second{b, order, 2};
    guest third{b, order, 3};
    CHECK(b.enqueue(first) == enqueue_result::queued);
    CHECK(b.enqueue(second) == enqueue_result::queued);
    CHECK(b.enqueue(third) == enqueue_result::rejected_full);
    CHECK(b.queued() == 2);
    permit.release();
    CHECK(order == std::vector<int>{1});
    CHECK(b.in_use() == 1);
    first.slot.release();
    CHECK(order == std::vector<int>{1, 2});
    second.slot.release();
    CHECK(b.in_use() == 0);
}

TEST_CASE("a newcomer never overtakes who waits, not even with a slot free") {
    bulkhead b{sized(3, 2)};
    std::vector<int> order;
    auto one = b.try_acquire();
    auto two = b.try_acquire();
    guest heavy{b, order, 1, 2};
    CHECK(b.enqueue(heavy) == enqueue_result::queued);
    CHECK(b.in_use() == 2);
    CHECK_FALSE(b.try_acquire()); // one slot is free, and it is not for the newcomer
    guest light{b, order, 2};
    CHECK(b.enqueue(light) == enqueue_result::queued);
    one.release();
    CHECK(order == std::vector<int>{1});
    two.release();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("who is granted but has not claimed holds the slot") {
    bulkhead b{sized(1, 1)};
    std::vector<int> order;
    guest slow{b, order, 1, 1, false};
    auto permit = b.try_acquire();
    b.enqueue(slow);
    permit.release();
    CHECK(slow.granted());
    CHECK(b.in_use() == 1);
    CHECK_FALSE(b.try_acquire());
    permit = b.claim(slow);
    CHECK_FALSE(slow.granted());
    CHECK(b.in_use() == 1);
    CHECK(b.enqueue(slow) == enqueue_result::queued); // it may be used again
}

TEST_CASE("who gives up leaves the queue at once") {
    bulkhead b{sized(1, 2)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    guest first{b, order, 1};
    guest second{b, order, 2};
    guest third{b, order, 3};
    b.enqueue(first);
    b.enqueue(second);
    CHECK_FALSE(b.cancel(first));
    CHECK(b.queued() == 1);
    CHECK(b.enqueue(third) == enqueue_result::queued); // there is room again
    CHECK_FALSE(b.cancel(first));                      // harmless
    permit.release();
    CHECK(order == std::vector<int>{2});
}

TEST_CASE("when giving up races with the grant, the slot goes to the next") {
    bulkhead b{sized(1, 2)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    guest first{b, order, 1, 1, false};
    guest second{b, order, 2};
    b.enqueue(first);
    b.enqueue(second);
    permit.release();
    CHECK(first.granted());
    CHECK(b.cancel(first));
    CHECK(order == std::vector<int>{1, 2});
    CHECK(second.slot);
    CHECK(b.in_use() == 1);
}

TEST_CASE("R2: a waiter that is destroyed gives up, wherever it stands") {
    bulkhead b{sized(1, 3)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    auto granted = std::make_unique<guest>(b, order, 1, 1, false);
    auto queued = std::make_unique<guest>(b, order, 2);
    guest last{b, order, 3};
    b.enqueue(*granted);
    b.enqueue(*queued);
    b.enqueue(last);
    permit.release();
    queued.reset();
    CHECK(b.queued() == 1);
    granted.reset();
    CHECK(order == std::vector<int>{1, 3});
    CHECK(b.in_use() == 1);
}

TEST_CASE("a heavy waiter is not starved by light ones") {
    bulkhead b{sized(4, 10)};
    std::vector<int> order;
    auto one = b.try_acquire(2);
    auto two = b.try_acquire(2);
    guest heavy{b, order, 1, 4};
    guest light{b, order, 2, 1};
    b.enqueue(heavy);
    b.enqueue(light);
    one.release();
    CHECK(order.empty());
    two.release();
    CHECK(order == std::vector<int>{1});
    heavy.slot.release();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("when the heavy one gives up, those behind it that fit get their turn") {
    bulkhead b{sized(4, 10)};
    std::vector<int> order;
    auto permit = b.try_acquire(2);
    guest heavy{b, order, 1, 4};
    guest light{b, order, 2, 1};
    guest other{b, order, 3, 1};
    b.enqueue(heavy);
    b.enqueue(light);
    b.enqueue(other);
    CHECK_FALSE(b.cancel(heavy));
    CHECK(order == std::vector<int>{2, 3});
}

TEST_CASE("who is heavier than the whole is refused at once") {
    bulkhead b{sized(4, 10)};
    std::vector<int> order;
    guest giant{b, order, 1, 5};
    CHECK_FALSE(b.try_acquire(5));
    CHECK(b.enqueue(giant) == enqueue_result::rejected_full);
    CHECK(b.try_acquire(4));
}

TEST_CASE("R14: growing a bulkhead grants those who wait, in order") {
    bulkhead b{sized(1, 10)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    guest first{b, order, 1};
    guest second{b, order, 2};
    guest third{b, order, 3};
    for (auto* g : {&first, &second, &third})
        b.enqueue(*g);
    b.resize(3);
    CHECK(order == std::vector<int>{1, 2});
    CHECK(b.max_concurrent() == 3);
    CHECK_THROWS_WITH(b.resize(0), "bulkhead: max_concurrent is 0; it must be at least 1");
}

TEST_CASE("R14: shrinking a bulkhead takes nothing away: calls under way end by themselves") {
    bulkhead b{sized(3, 10)};
    std::vector<int> order;
    auto one = b.try_acquire();
    auto two = b.try_acquire();
    auto three = b.try_acquire();
    guest next{b, order, 1};
    b.enqueue(next);
    b.resize(1);
    CHECK(b.in_use() == 3);
    one.release();
    two.release();
    CHECK(order.empty());
    CHECK(b.in_use() == 1);
    three.release();
    CHECK(order == std::vector<int>{1});
}

TEST_CASE("who became heavier than the whole gets its turn alone, and blocks nobody for ever") {
    bulkhead b{sized(4, 10)};
    std::vector<int> order;
    auto permit = b.try_acquire();
    guest heavy{b, order, 1, 4};
    guest light{b, order, 2, 1};
    b.enqueue(heavy);
    b.enqueue(light);
    b.resize(2);
    CHECK(order.empty());
    permit.release();
    CHECK(order == std::vector<int>{1});
    CHECK(b.in_use() == 4);
    heavy.slot.release();
    CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a callback may do anything to the bulkhead that called it") {
    bulkhead b{sized(2, 10)};
    std::vector<int> grants;
    guest last{b, grants, 9};
    guest newcomer{b, grants, 7};
    struct context {
        bulkhead& b;
        std::unique_ptr<guest> victim;
        guest& newcomer;
        bool slipped_in;
        enqueue_result got;
    } c{b, std::make_unique<guest>(b, grants, 2), newcomer, false, enqueue_result::granted};
    struct actor : bulkhead::waiter {
        context& c;
        explicit actor(context& all) : waiter(&act), c(all) {}
        static void act(waiter& w) {
            auto& all = static_cast<actor&>(w).c;
            all.slipped_in = static_cast<bool>(all.b.try_acquire());
            all.victim.reset();
            all.got = all.b.enqueue(all.newcomer);
            all.b.claim(w).release();
        }
    } a{c};
    auto one = b.try_acquire(2);
    b.enqueue(a);
    b.enqueue(*c.victim);
    b.enqueue(last);
    one.release();
    CHECK_FALSE(c.slipped_in);
    CHECK(c.got == enqueue_result::queued);
    CHECK(grants == std::vector<int>{9, 7});
    CHECK(b.in_use() == 2);
}

TEST_CASE("a long queue of short calls needs no deep stack") {
    bulkhead b{sized(1, 200'000)};
    struct short_call : bulkhead::waiter {
        bulkhead& house;
        explicit short_call(bulkhead& h)
            : waiter([](waiter& w) {
                  auto& self = static_cast<short_call&>(w);
                  self.house.claim(self).release();
              }),
              house(h) {}
    };
    std::vector<std::unique_ptr<short_call>> calls;
    auto permit = b.try_acquire();
    for (int i = 0; i < 200'000; ++i)
        b.enqueue(*calls.emplace_back(std::make_unique<short_call>(b)));
    permit.release();
    CHECK(b.queued() == 0);
    CHECK(b.in_use() == 0);
}
