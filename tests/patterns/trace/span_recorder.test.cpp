// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/span_recorder.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "patterns/trace/trace_id.hpp"
#include "patterns/trace/trace_text.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using test::tree_of;

namespace {

constexpr time_point at(duration d) {
    return time_point{} + d;
}

struct recording {
    explicit recording(const trace_options& o = {}, std::size_t origins = 1)
        : to(o, streams(origins), {1, "draws"}) {}
    static std::vector<random_stream> streams(std::size_t origins) {
        std::vector<random_stream> all;
        for (std::size_t i = 0; i < origins; ++i)
            all.emplace_back(std::uint64_t{1}, "ids " + std::to_string(i));
        return all;
    }
    span_handle begin(time_point now, std::uint32_t origin = 0) {
        return to.begin(origin, 7, now, context);
    }
    /// A request of `length` that begins at `when`.
    span_handle request(duration when, duration length, bool fails = false) {
        const span_handle root = begin(at(when));
        to.close(root, at(when + length),
                 fails ? span_outcome::failed(failure_kind::error, 500) : span_outcome{});
        return root;
    }

    trace_context context;
    span_recorder to;
};

} // namespace

TEST_CASE("spans of a request make a tree, whose root is the request") {
    recording r;
    const span_handle root = r.begin(at(0ms));
    const span_handle attempt =
        r.to.open(root, span_role::attempt, at(1ms), {.subject = 3, .attempt = 2, .replica = 5});
    const span_handle queue = r.to.open(attempt, span_role::queue, at(2ms));
    const span_handle work = r.to.become(queue, span_role::work, at(4ms));
    r.to.close(work, at(9ms));
    r.to.close(attempt, at(10ms), span_outcome::failed(failure_kind::error, 503));
    r.to.close(root, at(12ms), {.how = span_end::degraded});
    REQUIRE(r.to.kept().size() == 1);
    const trace t = r.to.kept().front();
    CHECK(tree_of(t) == "call 0-12 degraded\n"
                        " attempt.2#5 1-10 error\n"
                        "  queue 2-4\n"
                        "  work 4-9\n");
    CHECK(t.spans[1].subject == 3);
    CHECK(t.spans[1].status == 503);
    CHECK(kind_of(t.spans[0]) == span_kind::internal);
    CHECK(kind_of(t.spans[1]) == span_kind::client);
    CHECK(r.to.spans_under_way() == 0);
}

TEST_CASE("a wait that took no time is no span") {
    recording r;
    const span_handle root = r.begin(at(0ms));
    const span_handle queue = r.to.open(root, span_role::queue, at(1ms));
    CHECK(r.to.become(queue, span_role::work, at(1ms)) == queue);
    r.to.close(queue, at(2ms));
    r.to.close(r.to.open(root, span_role::network, at(2ms)), at(2ms));
    r.to.mark(root, span_role::refusal, at(2ms), span_outcome::failed(failure_kind::breaker_open));
    r.to.close(root, at(2ms));
    CHECK(tree_of(r.to.kept().at(0)) == "call 0-2\n work 1-2\n refusal 2-2 breaker_open\n");
}

TEST_CASE("a trace is over when its root is and nobody holds it") {
    recording r;
    const span_handle root = r.begin(at(0ms));
    const span_handle server = r.to.open(root, span_role::server, at(1ms));
    r.to.hold(server);
    r.to.close(root, at(5ms));
    CHECK(r.to.kept().empty());
    CHECK(r.to.under_way() == 1);
    r.to.close(server, at(20ms)); // runs on for nobody
    r.to.release(server, at(20ms));
    CHECK(tree_of(r.to.kept().at(0)) == "call 0-5\n server 1-20\n");
    CHECK(r.to.kept()[0].length() == 5ms);
    CHECK(r.to.under_way() == 0);
}

TEST_CASE("what was not closed when its trace was over is open, and its context names nothing") {
    recording r;
    const span_handle root = r.begin(at(0ms));
    const span_handle lost = r.to.open(root, span_role::attempt, at(1ms));
    const trace_context of_lost = r.to.context_of(lost);
    CHECK(r.to.find(of_lost) == lost);
    r.to.close(root, at(5ms));
    CHECK(tree_of(r.to.kept().at(0)) == "call 0-5\n attempt 1-5 open\n");
    CHECK(r.to.find(of_lost) == 0);
    r.begin(at(6ms)); // in the same place
    CHECK(r.to.find(of_lost) == 0);
}

TEST_CASE("everything may be said of a span that is not recorded, in vain") {
    recording r({.head = 0});
    const span_handle none = r.begin(at(0ms));
    CHECK(none == 0);
    CHECK((r.context.trace_high != 0 && r.context.span == 0 && !r.context.sampled));
    CHECK(r.to.open(none, span_role::work, at(0ms)) == 0);
    CHECK(r.to.open_detached(none, span_role::call, at(0ms)) == 0);
    r.to.close(none, at(1ms));
    r.to.hold(none);
    r.to.release(none, at(1ms));
    r.to.mark(none, span_role::refusal, at(1ms), {});
    r.to.lost_call(none);
    CHECK(r.to.become(none, span_role::work, at(1ms)) == 0);
    CHECK(r.to.context_of(none).recording == 0);
    CHECK(r.to.find(r.context) == 0);
    CHECK(r.to.kept().empty());
}

TEST_CASE("ids are the same whatever is recorded, and no two spans share one") {
    recording all, few({.head = 0.1});
    std::set<std::uint64_t> ids;
    for (int i = 0; i < 1000; ++i) {
        const span_handle one = all.begin(at(i * 1ms)), other = few.begin(at(i * 1ms));
        CHECK(all.context.trace_low == few.context.trace_low);
        CHECK(all.context.trace_high == few.context.trace_high);
        if (other != 0)
            CHECK(all.context.span == few.context.span);
        for (int n = 0; n < 5; ++n)
            ids.insert(all.to.context_of(all.to.open(one, span_role::call, at(0ms))).span);
        ids.insert(all.context.span);
    }
    CHECK(ids.size() == 6000);
    CHECK(ids.count(0) == 0);
}

TEST_CASE("head sampling records the share that was asked for, by the id alone") {
    for (const double share : {0.01, 0.25, 0.5}) {
        recording r({.head = share});
        constexpr int n = 100'000;
        for (int i = 0; i < n; ++i) {
            const span_handle root = r.begin(at(0ms));
            CHECK((root != 0) == r.context.sampled);
            // R >= T of consistent probability sampling
            CHECK((root != 0) == (static_cast<double>(r.context.trace_low & ((1ULL << 56) - 1)) >=
                                  (1 - share) * 0x1p56));
            r.to.close(root, at(1ms));
        }
        const double seen = static_cast<double>(r.to.counted().recorded) / n;
        CHECK(seen == Approx(share).margin(4 * std::sqrt(share * (1 - share) / n)));
        CHECK(r.to.counted().begun[0] == n);
    }
    CHECK(recording({.head = 1}).begin(at(0ms)) != 0);
}

TEST_CASE("the slowest of each window are kept, by the time at which they began") {
    recording r({.slowest = 2, .window = 1s, .errors = 0, .sample = 0});
    for (int i = 0; i < 50; ++i)
        r.request(i * 10ms, (i * 7 % 50) * 1ms);
    r.request(1500ms, 1ms);
    std::multiset<duration> kept;
    for (const trace& t : r.to.kept()) {
        kept.insert(t.length());
        CHECK(t.rules == kept_for::slowest);
    }
    CHECK(kept == std::multiset<duration>{48ms, 49ms, 1ms});
}

TEST_CASE("of equally slow ones the first are kept") {
    recording r({.slowest = 2, .errors = 0, .sample = 0});
    for (int i = 0; i < 5; ++i)
        r.request(i * 1ms, 3ms);
    REQUIRE(r.to.kept().size() == 2);
    CHECK(r.to.kept()[0].root().start == at(0ms));
    CHECK(r.to.kept()[1].root().start == at(1ms));
}

TEST_CASE("all that fail are kept up to a bound, beyond it each with the same chance") {
    recording few({.slowest = 0, .errors = 10, .sample = 0});
    for (int i = 0; i < 30; ++i)
        few.request(i * 1ms, 1ms, i % 3 == 0);
    CHECK(few.to.kept().size() == 10);

    std::vector<int> hits(40);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        span_recorder to({.slowest = 0, .errors = 10, .sample = 0}, recording::streams(1),
                         {seed, "draws"});
        for (int i = 0; i < 40; ++i) {
            trace_context context;
            to.close(to.begin(0, 0, at(i * 1ms), context), at(i * 1ms),
                     span_outcome::failed(failure_kind::error));
        }
        CHECK(to.kept().size() == 10);
        for (const trace& t : to.kept())
            ++hits[static_cast<std::size_t>(t.root().start.time_since_epoch() / 1ms)];
    }
    for (const int n : hits) // binomial(2000, 1/4), five deviations
        CHECK(std::abs(n - 500) < 97);
}

TEST_CASE("a sample of all is kept besides, and a trace may be kept for several reasons") {
    recording r({.slowest = 1, .errors = 1, .sample = 1000});
    for (int i = 0; i < 100; ++i)
        r.request(i * 1ms, i == 50 ? 9ms : 1ms, i == 50);
    REQUIRE(r.to.kept().size() == 100);
    CHECK(r.to.kept()[50].rules == (kept_for::slowest | kept_for::failed | kept_for::sample));
    CHECK(r.to.kept()[51].rules == kept_for::sample);
}

TEST_CASE("each origin has its own bounds") {
    recording r({.slowest = 1, .errors = 0, .sample = 0}, 2);
    for (const std::uint32_t origin : {0U, 1U, 0U, 1U})
        r.to.close(r.begin(at(0ms), origin), at(1ms));
    REQUIRE(r.to.kept().size() == 2);
    CHECK(r.to.kept()[0].origin + r.to.kept()[1].origin == 1);
}

TEST_CASE("what is wanted is recorded and kept whatever the rest says") {
    recording all;
    all.begin(at(0ms));
    all.begin(at(1ms));
    const trace_context second = all.context;
    trace_options options{.head = 0, .slowest = 0, .errors = 0, .sample = 0};
    options.wanted = {
        *trace_id_prefix::parse(trace_id_text(second.trace_high, second.trace_low).substr(0, 12))};
    recording r(options);
    for (int i = 0; i < 10; ++i)
        r.request(i * 1ms, 1ms);
    REQUIRE(r.to.kept().size() == 1);
    CHECK(r.to.kept()[0].low == second.trace_low);
    CHECK(r.to.kept()[0].rules == kept_for::wanted);
}

TEST_CASE("memory is bounded: by spans of a trace, spans under way, and windows") {
    recording small({.spans = 3, .under_way = 5});
    const span_handle one = small.begin(at(0ms));
    for (int i = 0; i < 10; ++i)
        small.to.open(one, span_role::work, at(0ms));
    CHECK(small.to.spans_under_way() == 3);
    const span_handle two = small.begin(at(0ms));
    CHECK(small.to.open(two, span_role::work, at(0ms)) != 0);
    CHECK(small.begin(at(0ms)) == 0);
    CHECK(small.to.counted().crowded == 1);
    small.to.close(one, at(1ms));
    CHECK(small.to.kept().at(0).left_out == 8);
    CHECK(small.begin(at(1ms)) != 0); // there is room again

    recording windows({.slowest = 1, .window = 1s, .windows = 3, .errors = 0, .sample = 0});
    for (int i = 0; i < 10; ++i)
        windows.request(i * 1s, 1ms);
    REQUIRE(windows.to.kept().size() == 3);
    CHECK(windows.to.kept()[0].root().start == at(7s));
}

TEST_CASE("a call whose trace alone travels hangs in the air, and a call without is counted") {
    recording r;
    const span_handle root = r.begin(at(0ms));
    const span_handle server = r.to.open(root, span_role::server, at(1ms));
    r.to.close(r.to.open_detached(server, span_role::call, at(2ms)), at(3ms));
    r.to.close(server, at(4ms));
    r.to.close(root, at(5ms));
    const trace t = r.to.kept().at(0);
    CHECK(tree_of(t) == "call 0-5\n server 1-4\ncall 2-3\n");
    CHECK(t.broken());
    const span_handle other = r.begin(at(10ms));
    CHECK_FALSE(r.to.context_of(other).span == 0);
    r.to.lost_call(other);
    r.to.close(other, at(11ms));
    CHECK(r.to.kept().at(1).broken());
    CHECK(r.to.kept().at(1).root().lost_calls == 1);
    CHECK(r.to.counted().broken == 2);
    r.request(20ms, 1ms);
    CHECK_FALSE(r.to.kept().at(2).broken());
}

TEST_CASE("waits of a call's attempts end each by itself") {
    recording r;
    const span_handle call = r.begin(at(0ms));
    r.to.begin_wait(call, span_role::permit, 1, at(0ms));
    r.to.begin_wait(call, span_role::permit, 2, at(1ms));
    r.to.end_wait(call, 1, at(2ms));
    r.to.end_wait(call, 1, at(3ms)); // there is none
    r.to.end_wait(call, 2, at(4ms), span_outcome::failed(failure_kind::bulkhead_timeout));
    r.to.close(call, at(5ms));
    CHECK(tree_of(r.to.kept().at(0)) ==
          "call 0-5\n permit.1 0-2\n permit.2 1-4 bulkhead_timeout\n");
}

TEST_CASE("a trace that began elsewhere goes on here where it is sampled") {
    recording r;
    const trace_context there{.trace_high = 1, .trace_low = 2, .span = 3, .sampled = true};
    const span_handle server = r.to.join(0, span_role::server, {.subject = 4}, at(0ms), there);
    REQUIRE(server != 0);
    CHECK(r.to.context_of(server).trace_low == 2);
    CHECK(r.to.context_of(server).span != 3);
    r.to.close(server, at(1ms));
    CHECK(r.to.kept().at(0).parent == 3);
    CHECK(r.to.kept().at(0).high == 1);
    CHECK(r.to.join(0, span_role::server, {}, at(0ms), {.trace_low = 2, .span = 3}) == 0);
}

TEST_CASE("options that cannot be are refused") {
    CHECK_THROWS_AS(recording({.head = 1.5}), std::invalid_argument);
    CHECK_THROWS_AS(recording({.window = 0s}), std::invalid_argument);
    CHECK_THROWS_AS(recording({.windows = 0}), std::invalid_argument);
    CHECK_THROWS_AS(recording({.spans = 0}), std::invalid_argument);
    CHECK_THROWS_WITH(recording({.head = -1}),
                      "tracing: head is -1; it must be a share from 0 to 1");
}

TEST_CASE("a million requests leave what is kept and nothing else") {
    recording r({.slowest = 3, .window = 100s, .errors = 5, .sample = 7});
    for (int i = 0; i < 1'000'000; ++i) {
        const span_handle root = r.begin(at(i * 1ms));
        r.to.close(r.to.open(root, span_role::work, at(i * 1ms)), at(i * 1ms + 1us));
        r.to.close(root, at(i * 1ms + 2us));
    }
    CHECK(r.to.kept().size() <= 10 * 3 + 7);
    CHECK(r.to.spans_under_way() == 0);
    CHECK(r.to.counted().finished == 1'000'000);
}
