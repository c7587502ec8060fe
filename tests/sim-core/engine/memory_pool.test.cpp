// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/memory_pool.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <rapidcheck.h>

using windtunnel::sim::memory_pool;

TEST_CASE("blocks of a pool are aligned, do not overlap and keep what is written to them") {
    CHECK(rc::check([] {
        memory_pool pool;
        std::map<unsigned char*, std::pair<std::size_t, unsigned char>> held;
        const auto steps =
            *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
        unsigned char mark = 0;
        for (const std::uint16_t step : steps) {
            if (step % 3 == 0 && !held.empty()) {
                auto victim = std::next(held.begin(), step % static_cast<long>(held.size()));
                const auto [bytes, written] = victim->second;
                for (std::size_t i = 0; i < bytes; ++i)
                    RC_ASSERT(victim->first[i] == written);
                pool.deallocate(victim->first, bytes);
                held.erase(victim);
                continue;
            }
            const std::size_t bytes = step % 3000;
            auto* block = static_cast<unsigned char*>(pool.allocate(bytes));
            RC_ASSERT(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
            std::memset(block, ++mark, bytes);
            RC_ASSERT(held.emplace(block, std::pair{bytes, mark}).second);
        }
        for (const auto& [block, what] : held) {
            for (std::size_t i = 0; i < what.first; ++i)
                RC_ASSERT(block[i] == what.second);
            pool.deallocate(block, what.first);
        }
    }));
}

TEST_CASE("a pool uses freed blocks again") {
    memory_pool pool;
    for (int i = 0; i < 100'000; ++i)
        pool.deallocate(pool.allocate(200), 200);
    CHECK(pool.reserved() <= 64 * 1024);
}
