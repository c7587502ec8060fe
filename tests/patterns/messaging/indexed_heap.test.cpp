// SPDX-License-Identifier: BSL-1.0
// The heap against a sorted map, and the slab's chain against a list: whatever leaves when.
#include "patterns/messaging/indexed_heap.hpp"

#include <map>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/messaging/slot_slab.hpp"

using namespace windtunnel;

namespace {

struct pearl {
    int number = 0;
    detail::slot_links links;
};

using chain = detail::slot_chain<pearl, &pearl::links>;

std::vector<int> numbers(const detail::slot_slab<pearl>& slab, const chain& c) {
    std::vector<int> found;
    for (auto s = c.first(); s != detail::no_slot; s = slab[s].links.next)
        found.push_back(slab[s].number);
    return found;
}

} // namespace

TEST_CASE("an indexed heap has the smallest on top, whoever leaves from wherever") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& script) {
        detail::indexed_heap<std::uint32_t> heap;
        std::map<std::uint32_t, std::uint32_t> slots; // by key
        std::uint32_t unique = 0;
        for (const auto& [what, value] : script) {
            const std::uint32_t slot = what % 64;
            const bool there = heap.contains(slot);
            RC_ASSERT(there == std::any_of(slots.begin(), slots.end(),
                                           [&](const auto& e) { return e.second == slot; }));
            if (there) {
                heap.erase(slot);
                std::erase_if(slots, [&](const auto& e) { return e.second == slot; });
            } else {
                const std::uint32_t key = value * 65536U + unique++ % 65536U;
                heap.push(key, slot);
                slots.emplace(key, slot);
            }
            RC_ASSERT(heap.size() == slots.size());
            RC_ASSERT(heap.empty() || heap.top() == slots.begin()->second);
            RC_ASSERT(heap.empty() || heap.top_key() == slots.begin()->first);
        }
        while (!heap.empty()) {
            RC_ASSERT(heap.top() == slots.begin()->second);
            slots.erase(slots.begin());
            heap.erase(heap.top());
        }
        RC_ASSERT(slots.empty());
    }));
}

TEST_CASE("what is not in a heap leaves it without harm") {
    detail::indexed_heap<int> heap;
    heap.erase(7);
    heap.push(1, 2);
    heap.erase(1);
    CHECK(heap.size() == 1);
    CHECK(heap.top() == 2);
}

TEST_CASE("a chain keeps its order through all that comes and goes, and slots are used again") {
    detail::slot_slab<pearl> slab;
    chain c;
    std::vector<std::uint32_t> slots;
    for (int i = 0; i < 200; ++i) {
        slots.push_back(slab.take());
        slab[slots.back()].number = i;
        i % 2 == 0 ? c.push_back(slab, slots.back()) : c.push_front(slab, slots.back());
    }
    CHECK(slab[c.first()].number == 199);
    CHECK(slab[c.last()].number == 198);
    for (std::size_t i = 5; i < slots.size(); ++i) {
        c.remove(slab, slots[i]);
        slab.give_back(slots[i]);
    }
    CHECK(numbers(slab, c) == std::vector<int>{3, 1, 0, 2, 4});
    CHECK(slab.take() == slots.back()); // the latest first
    CHECK(slab.knows(199));
    CHECK_FALSE(slab.knows(200));
}
