// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/arrivals.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "scenarios/src/arrivals_text.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

/// How many arrive in each second of the first `seconds`.
std::vector<int> each_second(const std::string& text, int seconds) {
    const auto process = make_arrivals(parse_arrivals(text), random_stream{1, "arrivals"});
    std::vector<int> counts(static_cast<std::size_t>(seconds));
    while (const auto next = process->next()) {
        if (next->at >= seconds * 1s)
            break;
        counts[static_cast<std::size_t>(next->at / 1s)] += next->count;
    }
    return counts;
}

} // namespace

TEST_CASE("a spike at the very beginning is there") {
    CHECK(each_second("spike(base=10/s, peak=50/s, at=0s, for=2s, regular)", 4) ==
          std::vector{49, 50, 10, 10}); // the first comes after 1/50 s
    const auto by_chance = each_second("spike(base=10/s, peak=5000/s, at=0s, for=1s)", 2);
    CHECK(by_chance[0] == Approx(5000).margin(300));
    CHECK(by_chance[1] == Approx(10).margin(9));
}

TEST_CASE("a spike later begins where it should, and ends though its end lies beyond all time") {
    CHECK(each_second("spike(base=10/s, peak=50/s, at=1s, for=1s, regular)", 3) ==
          std::vector{9, 50, 10});
    auto spec = std::get<spike_arrivals>(parse_arrivals("spike(1/s, 50/s, at=1s, for=1s)"));
    spec.length = duration::max();
    const auto process = make_arrivals(spec, random_stream{1, "arrivals"});
    int before_ten = 0;
    for (auto next = process->next(); next && next->at < 10s; next = process->next())
        ++before_ten;
    CHECK(before_ten == Approx(451).margin(80));
}

TEST_CASE("a source that switches a million times between two arrivals looks up in between") {
    const auto process =
        make_arrivals(on_off_arrivals{1e-3, 0, 1us, 1us}, random_stream{1, "arrivals"});
    duration last{};
    for (int i = 0; i < 10; ++i) {
        const auto next = process->next();
        REQUIRE(next);
        CHECK(next->at > last);
        last = next->at;
        CHECK(next->count == 0);
    }
    CHECK(last < 2s);
}

} // namespace windtunnel::scenario
