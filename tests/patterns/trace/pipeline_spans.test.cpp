// SPDX-License-Identifier: BSL-1.0
// What policies do, as spans: on a simulation, by the observer and the transport that a live
// program would use.
#include "patterns/trace/pipeline_spans.hpp"

#include <boost/asio/deferred.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "patterns/resilience/caching_transport.hpp"
#include "patterns/resilience/pipeline_send.hpp"
#include "patterns/resilience/scripted_transport.hpp"
#include "patterns/trace/trace_text.hpp"
#include "patterns/trace/tracing_transport.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

constexpr failure unavailable{.kind = failure_kind::unavailable, .not_processed = true};

/// Remembers what context each request carried.
struct listening_transport final : transport {
    explicit listening_transport(transport& t) : to(t) {}
    void start(pending_call& call) override {
        seen.push_back(call.context.trace);
        to.start(call);
    }
    void cancel(pending_call& call) override { to.cancel(call); }
    transport& to;
    std::vector<trace_context> seen;
};

struct traced_world {
    explicit traced_world(const std::vector<script_step>& script, double head = 1)
        : backend(simulation, script),
          recorder({.head = head}, {random_stream{1, "ids"}}, {1, "draws"}) {}

    void call(pipeline& policies, transport& through, duration when = 0ms, std::uint64_t key = 0) {
        auto& made = *starts.emplace_back(std::make_unique<start>(*this, policies, through, key));
        simulation.arm(made, time_point{} + when);
    }
    std::string tree(std::size_t i = 0) { return tree_of(recorder.kept().at(i)); }

    struct start : timer {
        start(traced_world& w, pipeline& p, transport& t, std::uint64_t k)
            : timer([](timer& t_) { static_cast<start&>(t_).go(); }), of(w), policies(p),
              through(t), key(k) {}
        void go() {
            call_context context{.environment = &of.simulation.environment(), .key = key};
            const span_handle root = of.recorder.begin(0, 0, of.simulation.now(), context.trace);
            async_send(policies, through, request{"x", {}}, context,
                       [this, root](const outcome<reply>& result, std::uint32_t) {
                           of.recorder.close(root, of.simulation.now(), span_outcome_of(result));
                       });
        }
        traced_world& of;
        pipeline& policies;
        transport& through;
        std::uint64_t key;
    };

    sim::simulation simulation{1};
    scripted_transport backend;
    listening_transport listening{backend};
    span_recorder recorder;
    pipeline_spans spans{recorder};
    tracing_transport traced{recorder, listening};
    std::vector<std::unique_ptr<start>> starts;
};

retry_options three_times() {
    return {.max_attempts = 3, .initial_backoff = 20ms, .jitter = jitter_kind::none};
}

} // namespace

TEST_CASE("attempts and the back-offs between them are spans of the call") {
    traced_world w(
        {{.after = 5ms, .result = unavailable}, {.after = 5ms, .result = unavailable}, ok(7ms)});
    pipeline policies{retry{three_times()}};
    policies.record(&w.spans);
    w.call(policies, w.traced);
    w.simulation.run();
    CHECK(w.tree() == "call 0-77\n"
                      " attempt.1 0-5 unavailable\n"
                      " back-off.2 5-25\n"
                      " attempt.2 25-30 unavailable\n"
                      " back-off.3 30-70\n"
                      " attempt.3 70-77\n");
    // Each request carried the id of its own attempt.
    const trace t = w.recorder.kept().at(0);
    REQUIRE(w.listening.seen.size() == 3);
    CHECK(w.listening.seen[0].span == t.spans[1].id);
    CHECK(w.listening.seen[2].span == t.spans[5].id);
    CHECK(w.listening.seen[2].trace_low == t.low);
    CHECK(w.listening.seen[2].sampled);
}

TEST_CASE("waits for permits, and refusals, are spans of the call") {
    traced_world w({ok(10ms)});
    bulkhead room{{.max_concurrent = 1, .max_queue = 1, .max_wait = 100ms}};
    pipeline policies{&room};
    policies.record(&w.spans);
    for (int i = 0; i < 3; ++i)
        w.call(policies, w.traced, i * 1ms);
    w.simulation.run();
    const auto kept = w.recorder.kept();
    REQUIRE(kept.size() == 3);
    CHECK(tree_of(kept[0]) == "call 2-2 bulkhead_full\n refusal.1 2-2 bulkhead_full\n");
    CHECK(tree_of(kept[1]) == "call 0-10\n attempt.1 0-10\n");
    CHECK(tree_of(kept[2]) == "call 1-20\n permit.1 1-10\n attempt.1 10-20\n");
}

TEST_CASE("a wait for a permit that ended without one says so") {
    traced_world w({ok(50ms)});
    bulkhead room{{.max_concurrent = 1, .max_queue = 1, .max_wait = 10ms}};
    pipeline policies{&room};
    policies.record(&w.spans);
    w.call(policies, w.traced);
    w.call(policies, w.traced, 5ms);
    w.simulation.run();
    CHECK(w.tree() == "call 5-15 bulkhead_timeout\n"
                      " permit.1 5-15 bulkhead_timeout\n"
                      " refusal.1 15-15 bulkhead_timeout\n");
}

TEST_CASE("attempts of a hedge run beside each other, each through its own policies") {
    traced_world w({ok(100ms), ok(20ms)});
    hedge latencies{{.max_attempts = 2, .delay_from = hedge_delay::fixed, .delay = 30ms}};
    pipeline policies{hedging{&latencies}, timeout{.per_attempt = 1s}};
    policies.record(&w.spans);
    w.call(policies, w.traced);
    w.simulation.run();
    CHECK(w.tree() == "call 0-50\n"
                      " attempt.1 0-50 cancelled\n"
                      " attempt.2 30-50\n");
}

TEST_CASE("a fallback says for which failure it stands in") {
    traced_world w({{.after = 5ms, .result = unavailable}});
    pipeline policies{fallback{}};
    policies.record(&w.spans);
    w.call(policies, w.traced);
    w.simulation.run();
    CHECK(w.tree() == "call 0-5 degraded\n"
                      " attempt.1 0-5 unavailable\n"
                      " fallback.1 5-5 unavailable\n");
}

TEST_CASE("answers of a cache, and of another's request, are spans of who got them") {
    traced_world w({ok(10ms)});
    caching_transport::answers answers{
        {.cache = response_cache_options{}, .coalescing = coalescing_options{}},
        w.simulation.environment().stream("cache")};
    caching_transport cached{answers, nullptr, w.traced};
    cached.record(&w.spans);
    pipeline policies{std::vector<policy>{}};
    policies.record(&w.spans);
    w.call(policies, cached, 0ms, 7);
    w.call(policies, cached, 4ms, 7);
    w.call(policies, cached, 20ms, 7);
    w.simulation.run();
    REQUIRE(w.recorder.kept().size() == 3);
    std::multiset<std::string> trees;
    for (const trace& t : w.recorder.kept())
        trees.insert(tree_of(t));
    CHECK(trees == std::multiset<std::string>{"call 0-10\n attempt.1 0-10\n",
                                              "call 4-10\n flight.1 4-10\n",
                                              "call 20-20\n cached.1 20-20\n"});
}

TEST_CASE("of calls that are not recorded nobody hears, and they carry an unsampled trace") {
    traced_world w({{.after = 5ms, .result = unavailable}}, 0);
    pipeline policies{retry{three_times()}};
    policies.record(&w.spans);
    w.call(policies, w.traced);
    w.simulation.run();
    CHECK(w.recorder.kept().empty());
    REQUIRE(w.listening.seen.size() == 3);
    CHECK_FALSE(w.listening.seen[0].sampled);
    CHECK(w.listening.seen[0].trace_low != 0);
}

TEST_CASE("an observer of all calls hears the same as before") {
    struct listener : pipeline_observer {
        void on_event(const pipeline_event& e) override {
            heard += std::string(to_string(e.what)) + " ";
        }
        std::string heard;
    } all;
    traced_world w({{.after = 5ms, .result = unavailable}, ok(5ms)});
    pipeline policies{retry{three_times()}};
    policies.record(&w.spans);
    policies.observe(&all);
    w.call(policies, w.traced);
    w.simulation.run();
    CHECK(all.heard ==
          "attempt_started attempt_ended retrying attempt_started attempt_ended ended ");
}
