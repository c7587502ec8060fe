// SPDX-License-Identifier: BSL-1.0
// Caches and coalescing on the edges of a topology.
#include <catch2/catch.hpp>

#include "topologies/system/world.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

constexpr const char* one_service =
    R"({"name":"t","services":{"a":{"workers":4,"endpoints":{"x":{"work":"10ms"}}}}})";

std::size_t good(const world& w) {
    return static_cast<std::size_t>(std::count_if(w.visits.begin(), w.visits.end(),
                                                  [](const visit& v) { return v.result.ok(); }));
}

const caching_transport::answers& cache_of(const process& p) {
    return p.caches().at(0)->policy;
}

} // namespace

TEST_CASE("a caller's cache answers for the key, and the callee hears of misses alone") {
    world w(one_service, {R"-({"call":"a.x","key":"uniform(1)","cache":{"ttl":"1s",
                               "ttl_jitter":0}})-"});
    for (const auto when : {0ms, 100ms, 900ms, 1009ms, 1010ms})
        w.send(when);
    w.run();
    CHECK(good(w) == 5);
    CHECK(w.books.arrived == 2); // stored at 10 ms, it is fresh before 1010 ms
    CHECK(w.visits[1].ended == at(100ms));
    CHECK(w.visits[4].ended == at(1020ms));
    CHECK(w.books.calls[1].attempts == 0);
    const auto& metrics = cache_of(w.user->own()).cache()->metrics();
    CHECK(metrics.fresh == 3);
    CHECK(metrics.misses == 2);
}

TEST_CASE("requests for the same key at the same time become one") {
    world w(one_service, {R"-({"call":"a.x","key":"uniform(1)","coalescing":{}})-"});
    for (int i = 0; i < 8; ++i)
        w.send(i * 1ms);
    w.send(50ms);
    w.run();
    CHECK(good(w) == 9);
    CHECK(w.books.arrived == 2);
    CHECK(w.visits[7].ended == at(10ms));
    CHECK(cache_of(w.user->own()).flights().followers == 7);
    CHECK(w.settled());
}

TEST_CASE("a key travels with a request and is that of the calls made for it") {
    world w(R"({"name":"t","services":{
        "front":{"workers":10,"endpoints":{"x":{"steps":[
            {"call":"a.x","cache":{}}]}}},
        "a":{"endpoints":{"x":{"work":"1ms"}}}}})",
            {R"-({"call":"front.x","key":"uniform(1)"})-", R"({"call":"front.x"})"});
    for (int i = 0; i < 5; ++i)
        w.send(i * 100ms, 0);
    w.run(1s);
    CHECK(w.pool(1).arrivals == 1);
    for (int i = 0; i < 5; ++i)
        w.send(1s + i * 100ms, 1); // asks for nothing that has a name
    w.run(2s);
    CHECK(w.pool(1).arrivals == 6);
}

TEST_CASE("calls of one endpoint with equal options share a cache, those of another do not") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{"work":"1ms"},"y":{}}}}})",
            {R"-({"call":"a.x","key":"uniform(1)","cache":{}})-",
             R"-({"call":"a.x","key":"uniform(1)","cache":{},"timeout":"1s"})-",
             R"-({"call":"a.y","key":"uniform(1)","cache":{}})-"});
    for (std::size_t call = 0; call < 3; ++call)
        w.send(call * 100ms, call);
    w.run();
    CHECK(w.user->own().caches().size() == 2);
    CHECK(w.books.arrived == 2);
}

TEST_CASE("retries stand behind the cache and a fallback before it") {
    world w(R"({"name":"t","services":{"a":{"endpoints":{"x":{"errors":"100%"}}}}})",
            {R"-({"call":"a.x","key":"uniform(1)","coalescing":{},"fallback":{},
                  "retry":{"max_attempts":3,"initial_backoff":"1ms","jitter":"none"}})-"});
    w.send(0ms);
    w.send(0ms);
    w.run();
    CHECK(w.books.arrived == 3);
    for (const auto& each : w.visits)
        CHECK(each.result.value().degraded);
    CHECK(w.books.calls[0].attempts + w.books.calls[1].attempts == 3);
}

TEST_CASE("a run that ends in the middle of shared requests leaves nothing behind") {
    world w(one_service, {R"-({"call":"a.x","key":"uniform(1)","cache":{},"coalescing":{},
                               "timeout":"1s"})-"});
    for (int i = 0; i < 4; ++i)
        w.send(i * 1ms);
    w.run(5ms);
    CHECK_FALSE(w.settled());
}

} // namespace windtunnel::topology
