// SPDX-License-Identifier: BSL-1.0
// Traces between real sockets: what the caller records and what the callee does are one tree.
#include "http_world.hpp"
#include "patterns/resilience/pipeline_send.hpp"
#include "patterns/trace/pipeline_spans.hpp"
#include "patterns/trace/tracing_transport.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using namespace windtunnel::test;

namespace {

struct process {
    explicit process(std::uint64_t seed, const trace_options& options = {})
        : recorder(options, {random_stream{seed, "trace ids"}}, {seed, "kept"}) {}
    span_recorder recorder;
};

/// Calls "GET /traced" once, with retries, and says whether it was recorded.
awaitable<bool> call(http_world& w, process& caller, pipeline& policies, transport& to) {
    call_context context;
    context.environment = &w.env();
    const span_handle root = caller.recorder.begin(0, 0, w.env().now(), context.trace);
    const request what{"GET /traced", {}};
    auto sending = async_send(policies, to, what, context, boost::asio::use_awaitable);
    const auto answered = co_await std::move(sending);
    caller.recorder.close(root, w.env().now(), span_outcome_of(std::get<0>(answered)));
    co_return root != 0;
}

/// A service that records its part, and is overloaded the first time.
void serve(http_world& w, process& callee, std::vector<trace_context>& seen) {
    w.service.http().route(
        "GET /traced",
        [&](const http_request&, call_context& context) -> awaitable<outcome<reply>> {
            seen.push_back(context.trace);
            span_recorder& recorder = callee.recorder;
            const span_handle server =
                recorder.join(0, span_role::server, {}, w.env().now(), context.trace);
            recorder.close(server, w.env().now());
            if (seen.size() == 1)
                co_return failure_kind::overloaded;
            co_return reply{};
        });
}

} // namespace

TEST_CASE("Live, the callee's spans hang below the attempts of the caller") {
    http_world w;
    process caller(1), callee(2);
    pipeline_spans spans(caller.recorder);
    pipeline policies{retry{{.max_attempts = 2, .initial_backoff = 1ms}}};
    policies.record(&spans);
    tracing_transport traced(caller.recorder, w.to);
    std::vector<trace_context> seen;
    serve(w, callee, seen);
    w.run([&]() -> awaitable<void> {
        auto calling = call(w, caller, policies, traced);
        const bool recorded = co_await std::move(calling);
        CHECK(recorded);
    });
    REQUIRE(caller.recorder.kept().size() == 1);
    const trace here = caller.recorder.kept()[0];
    std::vector<std::uint64_t> attempts;
    for (const span& s : here.spans)
        if (s.role == span_role::attempt)
            attempts.push_back(s.id);
    REQUIRE(attempts.size() == 2);
    const auto there = callee.recorder.kept();
    REQUIRE(there.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(there[i].high == here.high);
        CHECK(there[i].low == here.low);
        CHECK(there[i].parent == attempts[i]);
        CHECK(there[i].root().id != attempts[i]);
    }
    CHECK(here.spans[1].why == failure_kind::overloaded);
}

TEST_CASE("Live, a trace that is not sampled is recorded by nobody, and keeps its id") {
    http_world w;
    process caller(1, {.head = 0}), callee(2);
    pipeline policies{retry{{.max_attempts = 2, .initial_backoff = 1ms}}};
    tracing_transport traced(caller.recorder, w.to);
    std::vector<trace_context> seen;
    serve(w, callee, seen);
    w.run([&]() -> awaitable<void> {
        auto calling = call(w, caller, policies, traced);
        const bool recorded = co_await std::move(calling);
        CHECK_FALSE(recorded);
    });
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].trace_low != 0); // by X-Trace-ID: no span stands for the caller
    CHECK(seen[1].trace_low == seen[0].trace_low);
    CHECK_FALSE(seen[0].sampled);
    CHECK(callee.recorder.kept().empty());
}
