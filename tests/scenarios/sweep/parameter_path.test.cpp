// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/parameter_path.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

namespace {

using Catch::Matchers::Contains;

/// The shop, and a second workload where asked for.
topology::document shop_document(const std::string& patch = "{}") {
    const auto base = topology::document::parse(shop, "shop.json");
    const auto change = topology::document::parse(patch, "patch");
    return topology::document::merge(base.root(), change.root());
}

std::string pointer(const std::string& name, const std::string& patch = "{}") {
    return resolve_parameter(shop_document(patch), name, "-P");
}
std::string complaint(const std::string& name, const std::string& patch = "{}") {
    return message_of([&] { pointer(name, patch); });
}

const std::string two = R"j({"workload":[
    {"name":"readers","to":"web.GET /","arrivals":"poisson(200/s)","retry":{"max_attempts":2}},
    {"name":"writers","to":"web.GET /","arrivals":"spike(base=1/s, peak=9/s, at=1s, for=2s)",
     "retry":{"max_attempts":3}},
    {"name":"people","to":"web.GET /","users":{"count":5,"think":"1s"}}]})j";

} // namespace

TEST_CASE("a parameter is a path as overrides have it") {
    CHECK(pointer("/faults/0/for") == "/faults/0/for");
    CHECK(pointer("faults.slow pay.for") == "/faults/0/for");
    CHECK(pointer("workload.readers.arrivals.rate") == "/workload/0/arrivals/rate");
    CHECK(pointer("topology.services.pay.workers") == "/topology/services/pay/workers");
    CHECK(pointer("seed") == "/seed");
    CHECK(pointer("policies.web->pay.retry.max_attempts") ==
          "/policies/web->pay/retry/max_attempts");
}

TEST_CASE("load is the rate of the workload") {
    CHECK(pointer("load") == "/workload/0/arrivals/rate");
    CHECK(pointer("rate") == "/workload/0/arrivals/rate");
    CHECK(pointer("readers.load") == "/workload/0/arrivals/rate");
    CHECK(pointer("readers.load", two) == "/workload/0/arrivals/rate");
    CHECK(pointer("readers.rate", two) == "/workload/0/arrivals/rate");
    CHECK_THAT(complaint("load", two), Contains("there are 3 workloads: write readers.load or "
                                                "writers.load or people.load"));
    CHECK_THAT(complaint("writers.load", two),
               Contains("has no one rate: vary one of its arguments (base, peak, at, for), such as "
                        "workload.1.arrivals.base"));
    CHECK_THAT(complaint("people.load", two), Contains("the workload is closed, so it has no rate: "
                                                       "vary the number of its users, "
                                                       "workload.2.users.count"));
}

TEST_CASE("the end of a path is enough where it is the only one") {
    CHECK(pointer("readers.retry.max_attempts", two) == "/workload/0/retry/max_attempts");
    CHECK(pointer("arrivals.peak", two) == "/workload/1/arrivals/peak");
    CHECK(pointer("users.count", two) == "/workload/2/users/count");
    CHECK(pointer("web.replicas") == "/topology/services/web/replicas");
    CHECK(pointer("replicas") == "/topology/services/web/replicas");
    CHECK(pointer("GET /cart.work") == "/topology/services/cart/endpoints/GET ~1cart/work");
    CHECK(pointer("latency.add") == "/faults/0/latency/add");
}

TEST_CASE("below an object that is there a value may be new") {
    CHECK(pointer("pay.queue.capacity") == "/topology/services/pay/queue/capacity");
    CHECK(pointer("readers.retry.budget", two) == "/workload/0/retry/budget");
}

TEST_CASE("names that mean several things list them, unknown ones have the nearest") {
    CHECK_THAT(complaint("max_attempts", two),
               Contains("\"max_attempts\" may mean workload.readers.retry.max_attempts, "
                        "workload.writers.retry.max_attempts: write more of the path"));
    CHECK_THAT(complaint("retry.budget", two), Contains("\"retry.budget\" may mean"));
    CHECK_THAT(complaint("replcas"), Contains("did you mean \"replicas\"?"));
    CHECK_THAT(complaint("laod"), Contains("did you mean \"load\"?"));
    CHECK_THAT(complaint("latncy.add"), Contains("did you mean \"latency.add\"?"));
    CHECK_THAT(complaint("a..b"), Contains("has an empty part"));
}

} // namespace windtunnel::scenario
