// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/weighted_round_robin.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <string>
#include <vector>

using namespace windtunnel;

namespace {

struct turns {
    explicit turns(std::vector<std::uint32_t> w)
        : weights(std::move(w)), hosts(static_cast<std::uint32_t>(weights.size())) {
        for (std::size_t i = 0; i < weights.size(); ++i)
            order.append();
    }
    std::uint32_t next() { return order.next(hosts, hosts.available(), weights); }
    std::string next(int times) {
        std::string text;
        while (times-- > 0)
            text += static_cast<char>('a' + next());
        return text;
    }
    std::vector<std::uint32_t> weights;
    host_set hosts;
    smooth_weighted_turns order;
};

} // namespace

TEST_CASE("weighted turns are spread out") {
    CHECK(turns({5, 1, 1}).next(14) == "aabacaaaabacaa");
    CHECK(turns({1, 1, 1}).next(6) == "abcabc");
    CHECK(turns({2, 1}).next(6) == "abaaba");
    CHECK(turns({1}).next(2) == "aa");
    CHECK(turns({1'000'000, 1}).next(5) == "aaaaa");
}

TEST_CASE("weighted turns pass over those who are not available") {
    turns t({5, 1, 1});
    t.hosts.set_available(0, false);
    CHECK(t.next(4) == "bcbc");
    t.hosts.set_available(0, true);
    const auto after = t.next(14);
    CHECK(std::count(after.begin(), after.end(), 'a') == 10);
}

TEST_CASE("no host is a whole turn above its share, and each gets it exactly in a cycle") {
    REQUIRE(rc::check([] {
        auto weights = *rc::gen::nonEmpty<std::vector<std::uint32_t>>();
        std::uint64_t total = 0;
        for (auto& w : weights)
            total += w = 1 + w % 20;
        turns t(weights);
        std::vector<std::uint64_t> got(weights.size());
        for (std::uint64_t i = 1; i <= 2 * total; ++i) {
            const auto h = t.next();
            ++got[h];
            RC_ASSERT(got[h] * total < i * weights[h] + total);
        }
        for (std::size_t h = 0; h < got.size(); ++h)
            RC_ASSERT(got[h] == std::uint64_t{2} * weights[h]);
    }));
}
