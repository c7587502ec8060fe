// SPDX-License-Identifier: BSL-1.0
#include "patterns/health/health_check.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{100s};
constexpr auto good = probe_result::success;
constexpr auto bad = probe_result::failure;

/// Without jitter, and as often with traffic as without.
health_check_options plain() {
    return {.interval = 10s,
            .timeout = 1s,
            .no_traffic_interval = 10s,
            .interval_jitter = 0,
            .initial_jitter = 0s};
}

/// One probe at its time, answered at once.
bool probe(health_check& h, probe_result result) {
    const auto at = h.next_at();
    return h.on_result(h.begin(at), result, at);
}

/// Results: S success, F failure, X fatal, ? no view. Returns what the peer was after each:
/// u unknown, h healthy, s unhealthy ("sick").
std::string play(health_check& h, const std::string& results) {
    std::string statuses;
    for (const char c : results) {
        const auto before = h.status();
        const bool changed = probe(h, c == 'S'   ? good
                                      : c == 'F' ? bad
                                      : c == 'X' ? probe_result::fatal
                                                 : probe_result::no_view);
        CHECK(changed == (h.status() != before));
        statuses += h.status() == health_status::unknown   ? 'u'
                    : h.status() == health_status::healthy ? 'h'
                                                           : 's';
    }
    return statuses;
}

} // namespace

TEST_CASE("thresholds: what a row of results makes of a peer") {
    const auto [results, statuses] = GENERATE(table<std::string, std::string>({
        {"S", "h"},             // the first success is enough
        {"F", "s"},             // and so is the first failure
        {"?S", "uh"},           // no view is no result
        {"SFFSFFF", "hhhhhhs"}, // three failures in a row, not three in all
        {"SFF?F", "hhhhs"},     // no view does not break a row
        {"SX", "hs"},           // fatal at once
        {"FSFSS", "ssssh"},     // two successes in a row
        {"SFFFSSFFF", "hhhsshhhs"},
    }));
    health_check h{plain(), {}, start};
    CHECK(play(h, results) == statuses);
}

TEST_CASE("where the first success is not enough an unknown peer needs as many as a sick one") {
    auto o = plain();
    o.first_success_is_enough = false;
    health_check h{o, {}, start};
    CHECK(play(h, "SS") == "uh");
    health_check failing{o, {}, start};
    CHECK(play(failing, "SFS") == "uss");
}

TEST_CASE("a peer is probed at once, and then an interval after each result") {
    health_check h{plain(), {}, start};
    CHECK(h.status() == health_status::unknown);
    CHECK(h.next_at() == start);
    CHECK(h.deadline() == never);
    const auto number = h.begin(start);
    CHECK(h.next_at() == never);
    CHECK(h.deadline() == start + 1s);
    CHECK(h.on_result(number, good, start + 400ms));
    CHECK(h.next_at() == start + 10400ms);
    CHECK(h.deadline() == never);
}

TEST_CASE("R8: an answer at the deadline is too late, one before it is not") {
    const auto [took, status] = GENERATE(table<duration, health_status>({
        {1s - 1ns, health_status::healthy},
        {1s, health_status::unhealthy},
    }));
    health_check h{plain(), {}, start};
    CHECK(h.on_result(h.begin(start), good, start + took));
    CHECK(h.status() == status);
}

TEST_CASE("R1: what comes after a timeout, or of another probe, changes nothing") {
    health_check h{plain(), {}, start};
    const auto first = h.begin(start);
    CHECK(h.on_timeout(first, start + 1s));
    CHECK(h.status() == health_status::unhealthy);
    CHECK_FALSE(h.on_result(first, good, start + 2s));
    const auto second = h.begin(h.next_at());
    CHECK_FALSE(h.on_result(first, good, start + 11s));
    CHECK(h.streak() == 1);
    CHECK_FALSE(h.on_result(second, good, start + 11s));
    CHECK(h.streak() == 1);
    CHECK_FALSE(h.on_result(second, good, start + 11s));
    CHECK(h.streak() == 1);
}

TEST_CASE("a healthy peer without traffic is left alone for longer, until it gets some") {
    auto o = plain();
    o.no_traffic_interval = 60s;
    health_check h{o, {}, start};
    probe(h, good);
    CHECK(h.next_at() == start + 60s);
    h.on_traffic(start + 5s);
    CHECK(h.next_at() == start + 15s);
    h.on_traffic(start + 6s); // the first counts
    CHECK(h.next_at() == start + 15s);
    probe(h, good);
    CHECK(h.next_at() == start + 75s); // no traffic since
    h.on_traffic(start + 74s);
    CHECK(h.next_at() == start + 75s); // not later
    const auto number = h.begin(start + 75s);
    h.on_traffic(start + 75s);
    h.on_result(number, good, start + 75s);
    CHECK(h.next_at() == start + 85s);
}

TEST_CASE("a sick peer has its own interval, with or without traffic") {
    auto o = plain();
    o.no_traffic_interval = 60s;
    o.unhealthy_interval = GENERATE(0s, 3s);
    health_check h{o, {}, start};
    probe(h, bad);
    const auto expected = start + (o.unhealthy_interval > 0s ? 3s : 10s);
    CHECK(h.next_at() == expected);
    h.on_traffic(start + 1s);
    CHECK(h.next_at() == expected);
}

TEST_CASE("a peer of unknown health is asked again after the usual interval") {
    auto o = plain();
    o.no_traffic_interval = 60s;
    health_check h{o, {}, start};
    probe(h, probe_result::no_view);
    CHECK(h.next_at() == start + 10s);
}

TEST_CASE("jitter only lengthens the interval, by at most its share, and spreads the first probe") {
    auto o = plain();
    o.interval_jitter = 0.5;
    o.initial_jitter = 4s;
    duration least = duration::max(), most{}, earliest = duration::max(), latest{};
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
        health_check h{o, random_stream{seed, "health"}, start};
        const auto first = h.next_at();
        earliest = std::min(earliest, first - start);
        latest = std::max(latest, first - start);
        probe(h, good);
        least = std::min(least, h.next_at() - first);
        most = std::max(most, h.next_at() - first);
    }
    CHECK(earliest >= 0s);
    CHECK(earliest < 100ms);
    CHECK(latest > 3900ms);
    CHECK(latest < 4s);
    CHECK(least >= 10s);
    CHECK(least < 10100ms);
    CHECK(most > 14900ms);
    CHECK(most < 15s);
}

TEST_CASE("a peer that flaps is held down, until the hold is over") {
    auto o = plain();
    o.unhealthy_threshold = o.healthy_threshold = 1;
    o.flap_limit = 2;
    o.flap_window = 5min;
    o.flap_hold = 60s;
    health_check h{o, {}, start};
    CHECK(play(h, "SFSF") == "hshs"); // the second turn was at 30 s
    CHECK(h.held_down(start + 90s - 1ns));
    CHECK_FALSE(h.held_down(start + 90s));
    CHECK(play(h, "SSSSS") == "sssss"); // 40 s to 80 s
    CHECK(play(h, "S") == "h");         // at 90 s
    CHECK(play(h, "FS") == "sh");       // counted anew
}

TEST_CASE("turns further apart than the window are no flapping; at the window a new count starts") {
    const auto [window, status] = GENERATE(table<duration, std::string>({
        {20s, "hshsh"},       // the turns are 20 s apart
        {20s + 1ns, "hshss"}, // both within
    }));
    auto o = plain();
    o.unhealthy_threshold = o.healthy_threshold = 1;
    o.flap_limit = 2;
    o.flap_window = window;
    health_check h{o, {}, start};
    CHECK(play(h, "SFSFS") == status);
}

TEST_CASE("R10: the longest intervals and the end of time do not overflow") {
    auto o = plain();
    o.interval = o.no_traffic_interval = o.timeout = duration::max();
    o.interval_jitter = 1;
    health_check h{o, {}, start};
    const auto number = h.begin(start);
    CHECK(h.deadline() == never);
    h.on_result(number, good, start);
    CHECK(h.next_at() == never);
    h.on_traffic(start);
    CHECK(h.next_at() == never);
}

TEST_CASE("a health check refuses options that make no sense") {
    struct row {
        std::function<void(health_check_options&)> spoil;
        std::string message;
    };
    using o = health_check_options;
    CHECK_NOTHROW(o{}.validate());
    const std::vector<row> rows{
        {[](o& x) { x.interval = 0s; }, "health_check: interval is 0s; it must be above 0"},
        {[](o& x) { x.timeout = 0s; }, "health_check: timeout is 0s; it must be above 0"},
        {[](o& x) { x.unhealthy_threshold = 0; },
         "health_check: unhealthy_threshold is 0; it must be at least 1"},
        {[](o& x) { x.healthy_threshold = 0; }, "health_check: healthy_threshold is 0"},
        {[](o& x) { x.no_traffic_interval = 0s; }, "health_check: no_traffic_interval is 0s"},
        {[](o& x) { x.unhealthy_interval = -1s; },
         "health_check: unhealthy_interval is -1s; it must not be negative"},
        {[](o& x) { x.interval_jitter = 1.5; },
         "health_check: interval_jitter is 1.5; it must be from 0 to 1"},
        {[](o& x) { x.interval_jitter = std::numeric_limits<double>::quiet_NaN(); },
         "health_check: interval_jitter"},
        {[](o& x) { x.initial_jitter = -1s; }, "health_check: initial_jitter is -1s"},
        {[](o& x) { x.flap_limit = -1; }, "health_check: flap_limit is -1"},
        {[](o& x) { x.flap_window = 0s; }, "health_check: flap_window is 0s"},
        {[](o& x) { x.flap_hold = -1s; }, "health_check: flap_hold is -1s"},
    };
    for (const auto& [spoil, message] : rows) {
        health_check_options options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith(message));
        CHECK_THROWS_AS(health_check(options, {}), std::invalid_argument);
    }
}

TEST_CASE("the names of a health check's states") {
    CHECK(to_string(health_status::unknown) == "unknown");
    CHECK(to_string(health_status::healthy) == "healthy");
    CHECK(to_string(health_status::unhealthy) == "unhealthy");
    CHECK(to_string(probe_result::success) == "success");
    CHECK(to_string(probe_result::failure) == "failure");
    CHECK(to_string(probe_result::fatal) == "fatal");
    CHECK(to_string(probe_result::no_view) == "no_view");
}
