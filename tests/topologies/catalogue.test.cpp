// SPDX-License-Identifier: BSL-1.0
// The catalogue against the facts that are published of the real systems.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "support/repository.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

topology_spec catalogue(const std::string& name) {
    return load_topology(test::in_repository("topologies/" + name + ".json").string());
}

/// Counts the calls that one request makes, its callees' calls included.
class call_counter {
  public:
    explicit call_counter(const topology_spec& topology) : topology_(topology) {}

    int count(const endpoint_ref& endpoint, const std::string& without = {}) {
        without_ = without;
        return in(topology_.find(endpoint)->steps);
    }

  private:
    int in(const steps_spec& steps) {
        int sum = 0;
        for (const step_spec& each : steps)
            sum += std::visit([&](const auto& what) { return of(what); }, each.what);
        return sum;
    }
    int of(const call_step& call) {
        return (call.to.service == without_ ? 0 : 1) + in(topology_.find(call.to)->steps);
    }
    int of(const repeat_step& step) { return step.times * in(step.body); }
    template <class Other>
    int of(const Other&) {
        return 0;
    }

    const topology_spec& topology_;
    std::string without_;
};

const call_step& call_at(const topology_spec& topology, const endpoint_ref& endpoint,
                         std::size_t index) {
    return std::get<call_step>(topology.find(endpoint)->steps.at(index).what);
}

void collect_edges(const std::string& from, const steps_spec& steps,
                   std::set<std::pair<std::string, std::string>>& edges) {
    for (const step_spec& each : steps) {
        if (const auto* call = std::get_if<call_step>(&each.what))
            edges.insert({from, call->to.service});
        if (const auto* repeat = std::get_if<repeat_step>(&each.what))
            collect_edges(from, repeat->body, edges);
    }
}

} // namespace

TEST_CASE("Online Boutique makes as many RPCs a request as its source code") {
    const topology_spec boutique = catalogue("online-boutique");
    call_counter counter(boutique);
    const auto [endpoint, rpcs] = GENERATE(table<std::string, int>({{"GET /", 13},
                                                                    {"GET /product", 12},
                                                                    {"POST /cart", 2},
                                                                    {"GET /cart", 13},
                                                                    {"POST /cart/checkout", 18},
                                                                    {"POST /setCurrency", 0}}));
    CHECK(counter.count({"frontend", endpoint}, "redis-cart") == rpcs);
}

TEST_CASE("Online Boutique has its 14 gRPC edges, and one to redis") {
    const topology_spec boutique = catalogue("online-boutique");
    std::set<std::pair<std::string, std::string>> edges;
    for (const service_spec& service : boutique.services)
        for (const endpoint_spec& endpoint : service.endpoints)
            collect_edges(service.name, endpoint.steps, edges);
    CHECK(edges.size() == 15);
    CHECK(edges.count({"cartservice", "redis-cart"}) == 1);
    CHECK(edges.count({"recommendationservice", "productcatalogservice"}) == 1);
    CHECK(boutique.services.size() == 11);
}

TEST_CASE("Online Boutique drops the context where its source code does") {
    const topology_spec boutique = catalogue("online-boutique");
    const auto& ad = call_at(boutique, {"frontend", "GET /"}, 4);
    CHECK(ad.to.service == "adservice");
    CHECK(ad.policies.timeout == 100ms);
    CHECK(ad.error == on_error::ignore);
    CHECK(ad.deadline_travels);
    const endpoint_ref order{"checkoutservice", "PlaceOrder"};
    const auto& convert = call_at(boutique, order, 3);
    CHECK(convert.to.endpoint == "Convert");
    CHECK_FALSE(convert.deadline_travels);
    CHECK(call_at(boutique, order, 2).deadline_travels);
    CHECK_FALSE(call_at(boutique, order, 4).idempotent);
    CHECK(call_at(boutique, order, 4).error == on_error::fail);
    CHECK(call_at(boutique, order, 6).error == on_error::ignore);
    CHECK(call_at(boutique, order, 7).error == on_error::ignore);
}

TEST_CASE("Bookinfo has the timeouts and tries of its source code") {
    const topology_spec bookinfo = catalogue("bookinfo");
    const endpoint_ref page{"productpage", "GET /productpage"};
    const auto& details = call_at(bookinfo, page, 0);
    CHECK(details.to == endpoint_ref{"details", "GET /details"});
    CHECK(details.policies.timeout == 3s);
    CHECK_FALSE(details.policies.retry);
    CHECK(details.error == on_error::ignore);
    const auto& reviews = call_at(bookinfo, page, 1);
    CHECK(reviews.policies.timeout == 3s);
    CHECK(reviews.policies.retry.value().max_attempts == 2);
    CHECK(reviews.policies.retry->initial_backoff == 0s);
    CHECK(reviews.error == on_error::ignore);
    CHECK(reviews.give_up == on_give_up::runs_on);
    CHECK_FALSE(reviews.deadline_travels);
    CHECK(call_at(bookinfo, {"reviews", "GET /reviews"}, 0).policies.timeout == 10s);
    CHECK(bookinfo.find("productpage")->waiting == waiting::holds);
    CHECK(bookinfo.find("ratings")->waiting == waiting::releases);
}

TEST_CASE("a merge patch makes version 1 or 3 of Bookinfo's reviews") {
    const document file = document::load(test::in_repository("topologies/bookinfo.json").string());
    const auto patched = [&](const std::string& patch) {
        return parse_topology(document::merge(file.root(), parsed(patch).root()).root(), ".");
    };
    const auto third = patched(R"({"services":{"reviews":{"calls":{"timeout":"2.5s"}}}})");
    CHECK(call_at(third, {"reviews", "GET /reviews"}, 0).policies.timeout == 2500ms);
    const auto first =
        patched(R"({"services":{"reviews":{"endpoints":{"GET /reviews":{"steps":[]}}}}})");
    CHECK(first.find("reviews")->endpoints[0].steps.empty());
    CHECK(message_of([&] { patched(R"({"services":{"reviews":{"calls":{"timeot":"1s"}}}})"); }) ==
          "file.json:1:34: error: unknown key \"timeot\" in call_options (at "
          "/services/reviews/calls/timeot); did you mean \"timeout\"?");
}

TEST_CASE("the chain is five M/M/4 queues at 70 % load for 2800 requests a second") {
    const topology_spec chain = catalogue("chain");
    REQUIRE(chain.services.size() == 5);
    for (const service_spec& service : chain.services) {
        CHECK(service.workers == 4);
        const double mean = service.endpoints.at(0).work.value().mean_seconds();
        CHECK(2800 * mean / service.workers == Approx(0.7));
    }
    CHECK(call_counter(chain).count({"a", "GET /"}) == 4);
    CHECK(chain.network.standard.latency == sim::distribution::constant(250us));
}

} // namespace windtunnel::topology
