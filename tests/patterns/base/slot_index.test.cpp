// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/slot_index.hpp"

#include <map>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;

namespace {

std::uint32_t find(const slot_index& index, std::uint64_t hash) {
    return index.find(hash, [](std::uint32_t) { return true; });
}

} // namespace

TEST_CASE("an empty index finds nothing and erases nothing") {
    slot_index index;
    CHECK(find(index, 0) == slot_index::none);
    CHECK_FALSE(index.contains(0));
    index.erase(0);
    index.erase(slot_index::none);
    CHECK(find(index, 0) == slot_index::none);
}

TEST_CASE("slots of one hash are told apart by the match") {
    slot_index index;
    for (const std::uint32_t slot : {3U, 1U, 2U})
        index.insert(42, slot);
    for (const std::uint32_t slot : {1U, 2U, 3U})
        CHECK(index.find(42, [slot](std::uint32_t s) { return s == slot; }) == slot);
    index.erase(1);
    CHECK(index.find(42, [](std::uint32_t s) { return s == 1; }) == slot_index::none);
    CHECK(index.find(42, [](std::uint32_t s) { return s == 2; }) == 2);
    CHECK(find(index, 43) == slot_index::none);
}

TEST_CASE("an index agrees with an ordered map, whatever is inserted and erased") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& script) {
        slot_index index;
        if (*rc::gen::arbitrary<bool>())
            index.reserve(100);
        std::map<std::uint32_t, std::uint64_t> hash_of;
        for (const auto& [slot, hash] : script) {
            if (hash_of.erase(slot) > 0) {
                index.erase(slot);
                continue;
            }
            hash_of[slot] = hash % 16;
            index.insert(hash % 16, slot);
        }
        for (std::uint32_t slot = 0; slot < 256; ++slot)
            for (std::uint64_t hash = 0; hash < 16; ++hash) {
                const auto it = hash_of.find(slot);
                const bool there = it != hash_of.end() && it->second == hash;
                const auto found = index.find(hash, [&](std::uint32_t s) { return s == slot; });
                RC_ASSERT(found == (there ? slot : slot_index::none));
            }
    }));
}
