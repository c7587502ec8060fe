// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/concurrency_limit.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

using kind = concurrency_limit_kind;

struct sample {
    duration rtt;
    int in_flight;
    int then; ///< the limit
    bool dropped = false;
};

void check_samples(concurrency_limit limit, const std::vector<sample>& samples) {
    for (const auto& s : samples)
        CHECK(limit.update({}, s.rtt, s.in_flight, s.dropped) == s.then);
}

concurrency_limit_options vegas(int initial, int most = 20) {
    auto o = netflix_defaults(kind::vegas);
    o.initial_limit = initial;
    o.max_limit = most;
    return o;
}

concurrency_limit_options aimd(int initial, int least = 1) {
    auto o = netflix_defaults(kind::aimd);
    o.initial_limit = initial;
    o.min_limit = least;
    return o;
}

concurrency_limit_options windowed(limit_sampling sampling) {
    auto o = aimd(20);
    o.timeout = 5ms;
    o.sampling = sampling;
    return o;
}

} // namespace

TEST_CASE("aimd grows by one, shrinks by a tenth, and keeps to its bounds") {
    check_samples(concurrency_limit{aimd(20)}, {{1ms, 10, 21}});
    check_samples(concurrency_limit{aimd(30)}, {{1ms, 0, 27, true}});
    check_samples(concurrency_limit{aimd(200)}, {{1ms, 200, 200}});
    check_samples(concurrency_limit{aimd(20, 20)}, {{1ms, 20, 20, true}});
    check_samples(concurrency_limit{aimd(1)}, {{1ms, 1, 1, true}, {1ms, 1, 2}});
    auto capped = aimd(20);
    capped.max_limit = 21;
    check_samples(concurrency_limit{capped}, {{1ms, 20, 21}, {1ms, 21, 21}});
}

TEST_CASE(
    "R8: aimd takes a call for dropped that lasts longer than the timeout, not just as long") {
    check_samples(concurrency_limit{aimd(20)}, {{5s, 20, 21}, {5s + 1ns, 20, 18}});
}

TEST_CASE("a limit that is less than half used does not grow, one that is half used does") {
    check_samples(concurrency_limit{aimd(20)}, {{1ms, 9, 20}, {1ms, 10, 21}, {1ms, 10, 21}});
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 5, 10}, {10ms, 4, 10}, {10ms, 5, 16}});
    check_samples(concurrency_limit{netflix_defaults(kind::gradient2)},
                  {{10ms, 9, 20}, {10ms, 9, 20}, {10ms, 10, 20}, {10ms, 11, 21}});
}

TEST_CASE("vegas grows without a queue, keeps a small one and shrinks with a large one") {
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {10ms, 11, 16}});
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {50ms, 11, 9}});
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {14ms, 14, 10}});
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {11ms, 10, 16}}); // queue 1
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {12ms, 10, 11}}); // queue 2
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {25ms, 10, 10}}); // queue 6
    check_samples(concurrency_limit{vegas(10)}, {{10ms, 10, 10}, {26ms, 10, 9}});  // queue 7
}

TEST_CASE("vegas may shrink by a ratio, and by steps") {
    auto halves = vegas(100, 200);
    halves.vegas_decrease_ratio = 0.5;
    check_samples(concurrency_limit{halves}, {{10ms, 100, 100}, {20ms, 100, 50}, {20ms, 100, 25}});
    halves.vegas_smoothing = 0.5;
    check_samples(concurrency_limit{halves}, {{10ms, 100, 100}, {20ms, 100, 75}, {20ms, 100, 56}});
}

TEST_CASE("vegas keeps to its bounds before it smooths") {
    auto options = vegas(18);
    options.vegas_smoothing = 0.5;
    check_samples(concurrency_limit{options}, {{10ms, 18, 18}, {10ms, 18, 19}, {10ms, 18, 19}});
}

TEST_CASE("the steps of vegas are the digits of its limit, less one") {
    check_samples(concurrency_limit{vegas(10'000, 20'000)},
                  {{10ms, 10'000, 10'000}, {10ms, 10'000, 10'024}});
    check_samples(concurrency_limit{vegas(9'999, 20'000)},
                  {{10ms, 9'999, 9'999}, {10ms, 9'999, 10'017}});
    check_samples(concurrency_limit{vegas(9)}, {{10ms, 9, 9}, {10ms, 9, 15}});
    check_samples(concurrency_limit{vegas(100, 200)}, {{10ms, 99, 98, true}});
}

TEST_CASE("vegas measures the latency without load anew, within 15 to 30 times the limit") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        concurrency_limit limit{vegas(10), {seed, "probe"}};
        limit.update({}, 10ms, 1, false);
        int samples = 1;
        for (; limit.least_rtt() == 10ms; ++samples)
            limit.update({}, 20ms, 1, false);
        CHECK(samples >= 150);
        CHECK(samples <= 300);
        CHECK(limit.limit() == 10);
    }
}

TEST_CASE("a drop says nothing about latency: a refusal is fast") {
    concurrency_limit v{vegas(10)};
    v.update({}, 10ms, 10, false);
    CHECK(v.update({}, 1us, 10, true) == 9);
    CHECK(v.least_rtt() == 10ms);
    concurrency_limit g{netflix_defaults(kind::gradient2)};
    g.update({}, 10ms, 10, false);
    g.update({}, 1us, 10, true);
    CHECK(g.long_rtt() == 10ms);
}

TEST_CASE("gradient2 grows by a fifth of its queue a sample and shrinks by its gradient") {
    concurrency_limit limit{netflix_defaults(kind::gradient2)};
    std::vector<int> seen;
    for (int i = 0; i < 10; ++i)
        seen.push_back(limit.update({}, 10ms, 30, false));
    CHECK(seen == std::vector<int>{20, 21, 22, 23, 24, 24, 25, 26, 27, 28});
    CHECK(limit.update({}, 40ms, 30, false) == 26); // 28 * 0.8 + (28 * 0.5 + 4) * 0.2
    CHECK(limit.long_rtt() == 10'099'833ns);        // 10ms + 30ms * 2 / 601
    CHECK(limit.update({}, 15ms, 30, false) == 26); // longer, but tolerated
}

TEST_CASE("gradient2 forgets a long overload faster than it learnt it") {
    concurrency_limit limit{netflix_defaults(kind::gradient2)};
    limit.update({}, 100ms, 1, false);
    const auto after = [&limit](duration rtt) {
        limit.update({}, rtt, 1, false);
        return limit.long_rtt();
    };
    CHECK(after(10ms) == 55ms * 0.95);  // the mean of two, five times as long as now
    CHECK(after(30ms) == 44'833'333ns); // (2 * 52.25ms + 30ms) / 3: less than twice as long
}

TEST_CASE("twice as long in the long run as now is nothing to forget, more is") {
    const auto long_rtt = [](duration first, duration second) {
        concurrency_limit limit{netflix_defaults(kind::gradient2)};
        limit.update({}, first, 1, false);
        limit.update({}, second, 1, false);
        return limit.long_rtt();
    };
    CHECK(long_rtt(90ms, 30ms) == 60ms);
    CHECK(long_rtt(100ms, 30ms) == 61750us); // 65 ms, less a twentieth
}

TEST_CASE("a drop shrinks gradient2 by a tenth, whatever is used") {
    auto o = netflix_defaults(kind::gradient2);
    o.initial_limit = 100;
    check_samples(concurrency_limit{o}, {{10ms, 0, 90, true}, {10ms, 0, 81, true}});
}

TEST_CASE("no limit ever reaches zero") {
    for (const auto which : {kind::aimd, kind::vegas, kind::gradient2}) {
        concurrency_limit limit{{.kind = which,
                                 .initial_limit = 50,
                                 .min_limit = 1,
                                 .vegas_decrease_ratio = 0.01,
                                 .sampling = limit_sampling::each}};
        for (int i = 0; i < 1000; ++i)
            limit.update({}, 1ms, 1, true);
        CHECK(limit.limit() == 1);
        for (int i = 0; i < 20; ++i)
            limit.update({}, 1ms, limit.limit(), false);
        CHECK(limit.limit() > 1); // and none stays there
    }
}

TEST_CASE("a window counts once, when it is over and holds enough") {
    concurrency_limit limit{windowed(limit_sampling::mean)};
    const auto at = [](duration t) { return time_point{t}; };
    for (int i = 0; i < 9; ++i)
        CHECK(limit.update(at(0s), 1ms, 20, false) == 20);
    CHECK(limit.update(at(1s - 1ns), 1ms, 1, false) == 20); // enough, and not over
    CHECK(limit.update(at(1s), 1ms, 1, false) == 21);       // the most in flight was 20
    CHECK(limit.update(at(5s), 1ms, 20, false) == 21);      // a new window begins here
    CHECK(limit.update(at(9s), 1ms, 20, false) == 21);      // over, and not enough
    for (int i = 0; i < 7; ++i)
        limit.update(at(9s), 1ms, 20, false);
    CHECK(limit.limit() == 21);
    CHECK(limit.update(at(9s), 1ms, 20, false) == 22);
}

TEST_CASE("a window's latency is the mean or the percentile, and one drop makes it one") {
    const auto after = [](limit_sampling sampling, duration rare, bool dropped) {
        concurrency_limit limit{windowed(sampling)};
        for (int i = 0; i < 10; ++i)
            limit.update(time_point{100ms * i}, 1ms, 20, false);
        return limit.update(time_point{1s}, rare, 20, dropped);
    };
    CHECK(after(limit_sampling::mean, 1ms, false) == 21);
    CHECK(after(limit_sampling::mean, 45ms, false) == 21); // 55 / 11 is 5ms exactly
    CHECK(after(limit_sampling::mean, 45ms + 11ns, false) == 18);
    CHECK(after(limit_sampling::percentile, 1h, false) == 21);
    CHECK(after(limit_sampling::percentile, 1ms, true) == 18);
}

TEST_CASE("a window remembers a drop, whatever comes after it") {
    concurrency_limit limit{windowed(limit_sampling::mean)};
    limit.update({}, 1ms, 20, true);
    for (int i = 1; i <= 10; ++i)
        limit.update(time_point{100ms * i}, 1ms, 20, false);
    CHECK(limit.limit() == 18);
}

TEST_CASE("a percentile is the nearest rank, of the last 256 latencies") {
    auto o = windowed(limit_sampling::percentile);
    o.percentile = 0.9;
    const auto after = [&o](int slow_first, int fast, int slow_last) {
        concurrency_limit limit{o};
        for (int i = 0; i < slow_first + fast + slow_last; ++i)
            limit.update({}, i < slow_first || i >= slow_first + fast ? 6ms : 1ms, 20, false);
        return limit.update(time_point{1s}, 1ms, 20, false);
    };
    CHECK(after(0, 17, 2) == 21); // of 20 the 18th
    CHECK(after(0, 16, 3) == 18);
    CHECK(after(300, 255, 0) == 21); // those are too long ago
    o.percentile = 0.5;
    CHECK(after(0, 4, 6) == 18); // of 11 the 6th
    CHECK(after(0, 5, 5) == 21);
}

TEST_CASE("windows leave out what is too short to measure, but no drop") {
    concurrency_limit limit{windowed(limit_sampling::mean)};
    for (int i = 0; i < 100; ++i)
        limit.update(time_point{1s * i}, 100us - 1ns, 20, false);
    CHECK(limit.limit() == 20);
    for (int i = 0; i < 100 && limit.limit() == 20; ++i)
        limit.update(time_point{1s * i}, 100us, 20, false);
    CHECK(limit.limit() == 21);
    for (int i = 0; i < 10; ++i)
        limit.update(time_point{200s + 1s * i}, 0ns, 20, true);
    CHECK(limit.limit() == 18);
}

TEST_CASE("the next window lasts twice the least latency of the one before, within its bounds") {
    auto o = windowed(limit_sampling::mean);
    o.timeout = 10s;
    o.min_window = 100ms;
    o.max_window = 3s;
    o.window_size = 1;
    concurrency_limit limit{o};
    const auto at = [&limit](duration t, duration rtt) {
        return limit.update(time_point{t}, rtt, 100, false);
    };
    CHECK(at(0s, 1s) == 20);
    CHECK(at(100ms, 900ms) == 21); // nothing was known: the least window
    CHECK(at(1s, 5s) == 21);
    CHECK(at(1s + 1800ms - 1ns, 5s) == 21);
    CHECK(at(1s + 1800ms, 5s) == 22);
    CHECK(at(10s, 5s) == 22);
    CHECK(at(13s - 1ns, 5s) == 22);
    CHECK(at(13s, 5s) == 23);
}

TEST_CASE("who forgets keeps the limit and learns latencies anew") {
    concurrency_limit limit{vegas(10)};
    limit.update({}, 10ms, 10, false);
    limit.update({}, 10ms, 10, false);
    limit.forget();
    CHECK(limit.least_rtt() == 0ns);
    CHECK(limit.update({}, 50ms, 16, false) == 16);
    CHECK(limit.least_rtt() == 50ms);
    concurrency_limit averages{netflix_defaults(kind::gradient2)};
    for (int i = 0; i < 20; ++i)
        averages.update({}, 10ms, 1, false);
    averages.forget();
    averages.update({}, 40ms, 1, false);
    CHECK(averages.long_rtt() == 40ms);
}

TEST_CASE("R10: extreme latencies neither overflow nor stop a limit") {
    for (const auto which : {kind::aimd, kind::vegas, kind::gradient2})
        for (const auto sampling :
             {limit_sampling::each, limit_sampling::mean, limit_sampling::percentile}) {
            concurrency_limit limit{{.kind = which,
                                     .initial_limit = 1'000'000,
                                     .max_limit = 1'000'000,
                                     .rtt_tolerance = 100,
                                     .sampling = sampling}};
            for (int i = 0; i < 40; ++i)
                limit.update(time_point{1s * i}, i % 3 == 0 ? 0ns : duration::max(),
                             std::numeric_limits<int>::max(), i % 7 == 0);
            CHECK(limit.limit() >= 4);
            CHECK(limit.limit() <= 1'000'000);
        }
}

TEST_CASE("a limit stays within its bounds, grows only when used and never by a drop") {
    REQUIRE(rc::check([](const std::vector<std::tuple<std::uint32_t, std::uint8_t, bool>>& calls) {
        const auto which = *rc::gen::element(kind::aimd, kind::vegas, kind::gradient2);
        const int least = *rc::gen::inRange(1, 30);
        const int most = *rc::gen::inRange(least, 300);
        concurrency_limit limit{{.kind = which,
                                 .initial_limit = *rc::gen::inRange(least, most + 1),
                                 .min_limit = least,
                                 .max_limit = most,
                                 .sampling = limit_sampling::each}};
        for (const auto& [rtt, in_flight, dropped] : calls) {
            const int before = limit.limit();
            const int after = limit.update({}, duration{rtt}, in_flight, dropped);
            RC_ASSERT(after >= least && after <= most);
            if (dropped || 2 * in_flight < before)
                RC_ASSERT(after <= before);
        }
    }));
}

TEST_CASE("a concurrency limit refuses options that make no sense") {
    using o = concurrency_limit_options;
    constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
    CHECK_NOTHROW(o{}.validate());
    for (const auto which : {kind::aimd, kind::vegas, kind::gradient2})
        CHECK_NOTHROW(netflix_defaults(which).validate());
    const std::vector<std::pair<std::function<void(o&)>, std::string>> rows{
        {[](o& x) { x.min_limit = 0; }, "min_limit is 0; it must be at least 1"},
        {[](o& x) { x.max_limit = 3; }, "max_limit is 3; it must be from min_limit to 1000000"},
        {[](o& x) { x.max_limit = 1'000'001; }, "max_limit is 1000001"},
        {[](o& x) { x.initial_limit = 3; }, "initial_limit is 3; it must be from min_limit"},
        {[](o& x) { x.initial_limit = 201; }, "initial_limit is 201"},
        {[](o& x) { x.backoff_ratio = 1; }, "backoff_ratio is 1; it must be at least 0.5"},
        {[](o& x) { x.backoff_ratio = 0.49; }, "backoff_ratio is 0.49"},
        {[](o& x) { x.backoff_ratio = not_a_number; }, "backoff_ratio"},
        {[](o& x) { x.timeout = 0s; }, "timeout is 0s; it must be above 0"},
        {[](o& x) { x.alpha = 0; }, "alpha is 0; it must be from 1 to 1000"},
        {[](o& x) { x.beta = 2; }, "beta is 2; it must be from alpha to 1000"},
        {[](o& x) { x.vegas_smoothing = 0; }, "vegas_smoothing is 0; it must be from 1e-6 to 1"},
        {[](o& x) { x.vegas_decrease_ratio = 1; }, "vegas_decrease_ratio is 1"},
        {[](o& x) { x.probe_multiplier = 0; }, "probe_multiplier is 0"},
        {[](o& x) { x.rtt_tolerance = 0.9; }, "rtt_tolerance is 0.9; it must be from 1 to 100"},
        {[](o& x) { x.gradient_smoothing = 1.1; }, "gradient_smoothing is 1.1"},
        {[](o& x) { x.queue_size = 0; }, "queue_size is 0; it must be from 1 to 1000000"},
        {[](o& x) { x.long_window = 0; }, "long_window is 0; it must be from 1 to 1000000"},
        {[](o& x) { x.min_window = 0s; }, "min_window is 0s; it must be above 0"},
        {[](o& x) { x.max_window = 999ms; }, "max_window is 999ms; it must be from min_window"},
        {[](o& x) { x.max_window = 61s; }, "max_window is 61s"},
        {[](o& x) { x.window_size = 0; }, "window_size is 0; it must be at least 1"},
        {[](o& x) { x.min_rtt = -1ns; }, "min_rtt is -1ns; it must not be negative"},
        {[](o& x) { x.percentile = 0; }, "percentile is 0; it must be above 0 and at most 1"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_WITH(concurrency_limit{options},
                          Catch::Matchers::StartsWith("concurrency_limit: " + message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
    }
    CHECK(to_string(kind::gradient2) == "gradient2");
    CHECK(to_string(limit_sampling::percentile) == "percentile");
}

TEST_CASE("Envoy's median: of 1 to 5 ms it is 3 ms") {
    for (const kind k : {kind::gradient2, kind::vegas}) {
        auto options = netflix_defaults(k);
        options.sampling = limit_sampling::percentile;
        options.window_size = 5;
        concurrency_limit limit{options};
        for (int i = 0; i < 5; ++i)
            limit.update(time_point{i * 250ms}, (i + 1) * 1ms, 20, false);
        CHECK((k == kind::vegas ? limit.least_rtt() : limit.long_rtt()) == 3ms);
    }
}

namespace {

/// Envoy's, at the end of its first measurement: so many calls of that latency.
concurrency_limit measured(concurrency_limit_options options, duration rtt, time_point at = {}) {
    concurrency_limit limit{options, {1, "gradient"}};
    for (int i = 0; i < options.min_rtt_requests; ++i)
        limit.update(at, rtt, 100, false);
    return limit;
}

} // namespace

TEST_CASE("Envoy's gradient begins with few at once, and 50 calls leave the measurement") {
    auto options = envoy_adaptive_concurrency();
    concurrency_limit limit{options};
    CHECK(limit.limit() == 3);
    for (int i = 0; i < 49; ++i)
        limit.update(time_point{1s}, 5ms, 3, false);
    CHECK(limit.least_rtt() == 0s);
    limit.update(time_point{1s}, 5ms, 3, false);
    CHECK(limit.least_rtt() == 5ms);
    CHECK(limit.limit() == 3);
    options.initial_limit = options.min_limit = 7;
    CHECK(concurrency_limit{options}.limit() == 7);
    options.initial_limit = 20;
    CHECK(concurrency_limit{options}.limit() == 7);
    CHECK(measured(options, 5ms).limit() == 20);
}

TEST_CASE("Envoy's gradient measures the median: of 1 to 5 ms it is 3 ms") {
    auto options = envoy_adaptive_concurrency();
    options.min_rtt_requests = 5;
    concurrency_limit limit{options};
    for (const auto rtt : {1ms, 2ms, 3ms, 4ms, 5ms})
        limit.update(time_point{1s}, rtt, 3, false);
    CHECK(limit.least_rtt() == 3ms);
}

TEST_CASE("Envoy's gradient grows at least by its root, and at most doubles besides") {
    auto options = envoy_adaptive_concurrency();
    options.min_rtt_buffer = 0.5;
    auto limit = measured(options, 5ms);
    int before = limit.limit();
    for (int window = 1; window <= 10; ++window) { // 6 ms are within the buffer of 5 ms
        limit.update(time_point{window * 1s}, 6ms, 1000, false);
        const int after = limit.update(time_point{window * 1s + 100ms}, 6ms, 1000, false);
        CHECK(after > before);
        before = after;
    }
    auto fast = measured(options, 5ms);
    fast.update(time_point{1s}, 1us, 1000, false);
    CHECK(fast.update(time_point{1s + 100ms}, 1us, 1000, false) == 8); // 2 * 3 + sqrt(6)
    auto slow = measured(options, 5ms);
    slow.update(time_point{1s}, 6ms, 1000, false);
    const int grown = slow.update(time_point{1s + 100ms}, 6ms, 1000, false);
    slow.update(time_point{2s}, 1h, 1000, true);
    CHECK(slow.update(time_point{2s + 100ms}, 1h, 1000, true) < grown); // half, and the root of it
}

TEST_CASE("Envoy's gradient measures anew after the interval, and forgets what began before") {
    auto options = envoy_adaptive_concurrency();
    options.initial_limit = 40;
    options.min_rtt_jitter = 0;
    auto limit = measured(options, 5ms);
    CHECK(limit.limit() == 40);
    CHECK(limit.update(time_point{60s - 1ns}, 5ms, 40, false) == 40);
    CHECK(limit.update(time_point{60s}, 5ms, 40, false) == 3);
    for (int i = 0; i < 100; ++i) // of calls that were under way when it began
        limit.update(time_point{60s + 1ms}, 8ms, 40, false);
    CHECK(limit.limit() == 3);
    for (int i = 0; i < 50; ++i)
        limit.update(time_point{60s + 8ms}, 8ms, 3, false);
    CHECK(limit.least_rtt() == 8ms);
    CHECK(limit.limit() == 40);
}

TEST_CASE("R14: Envoy's gradient keeps its limit for another backend until it measures that") {
    auto options = envoy_adaptive_concurrency();
    options.initial_limit = 40;
    auto limit = measured(options, 5ms);
    limit.forget();
    CHECK(limit.limit() == 40);
    CHECK(limit.update(time_point{1s}, 9ms, 40, false) == 3);
    for (int i = 0; i < 50; ++i)
        limit.update(time_point{1s + 9ms}, 9ms, 3, false);
    CHECK(limit.least_rtt() == 9ms);
    CHECK(limit.limit() == 40);
}

TEST_CASE("Envoy's gradient measures anew when it stays at its least for five windows") {
    auto limit = measured(envoy_adaptive_concurrency(), 5ms);
    const auto window = [&](int n) {
        limit.update(time_point{n * 1s}, 1h, 3, true);
        limit.update(time_point{n * 1s + 100ms}, 1h, 3, true);
    };
    for (int n = 1; n <= 4; ++n)
        window(n);
    for (int i = 0; i < 50; ++i)
        limit.update(time_point{5s + 1ms * i / 50}, 20ms, 3, false);
    CHECK(limit.least_rtt() == 5ms); // a window like any other
    for (int n = 10; n <= 15; ++n)
        window(n);
    for (int i = 0; i < 50; ++i)
        limit.update(time_point{20s}, 20ms, 3, false);
    CHECK(limit.least_rtt() == 20ms);
}
