// SPDX-License-Identifier: BSL-1.0
// The systems that stand in the catalogue as their sources have them: who asks whom, arrow by
// arrow.
#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <string>
#include <variant>

#include "support/repository.hpp"
#include "topologies/src/loader.hpp"

namespace windtunnel::topology {

namespace {

using arrows = std::map<std::string, std::set<std::string>>;

void add(arrows& all, const std::string& caller, const steps_spec& steps);

struct arrow_collector {
    arrows& all;
    const std::string& caller;
    void operator()(const call_step& call) const { all[caller].insert(call.to.service); }
    void operator()(const parallel_step& step) const {
        for (const steps_spec& branch : step.branches)
            add(all, caller, branch);
    }
    void operator()(const repeat_step& step) const { add(all, caller, step.body); }
    void operator()(const probability_step& step) const {
        add(all, caller, step.body);
        add(all, caller, step.otherwise);
    }
    void operator()(const auto&) const {}
};

void add(arrows& all, const std::string& caller, const steps_spec& steps) {
    for (const step_spec& step : steps)
        std::visit(arrow_collector{all, caller}, step.what);
}

topology_spec shipped(const std::string& name) {
    return load_topology(test::in_repository("topologies/" + name + ".json"));
}

arrows arrows_of(const topology_spec& topology) {
    arrows all;
    for (const service_spec& service : topology.services)
        for (const endpoint_spec& endpoint : service.endpoints)
            add(all, service.name, endpoint.steps);
    return all;
}

std::size_t count(const arrows& all, const std::string& without = "") {
    std::size_t sum = 0;
    for (const auto& [caller, callees] : all)
        sum += caller == without ? 0 : callees.size();
    return sum;
}

} // namespace

TEST_CASE("Sock Shop asks as its sources do, and hands shipments to a queue") {
    const topology_spec shop = shipped("sock-shop");
    CHECK(arrows_of(shop) ==
          arrows{{"edge-router", {"front-end"}},
                 {"front-end", {"catalogue", "carts", "orders", "user", "session-db"}},
                 {"catalogue", {"catalogue-db"}},
                 {"carts", {"carts-db"}},
                 {"user", {"user-db"}},
                 {"orders", {"orders-db", "user", "carts", "payment", "shipping"}},
                 {"shipping", {"rabbitmq"}}});
    const endpoint_spec* master = shop.find(endpoint_ref{"queue-master", "on shipping-task"});
    REQUIRE(master != nullptr);
    REQUIRE(master->consumes);
    CHECK(master->consumes->from == endpoint_ref{"rabbitmq", "shipping-task"});
    const auto& sent =
        std::get<call_step>(shop.find(endpoint_ref{"shipping", "POST /shipping"})->steps[0].what);
    CHECK(sent.publishes);
    CHECK(sent.error == on_error::ignore);
}

TEST_CASE("DeathStarBench's social network asks as its sources do") {
    CHECK(
        arrows_of(shipped("deathstarbench-social-network")) ==
        arrows{{"nginx-thrift",
                {"compose-post", "home-timeline", "user-timeline", "user", "social-graph"}},
               {"media-frontend", {"media-memcached", "media-mongodb"}},
               {"compose-post",
                {"text", "user", "media", "unique-id", "post-storage", "user-timeline",
                 "home-timeline"}},
               {"text", {"url-shorten", "user-mention"}},
               {"url-shorten", {"url-shorten-mongodb"}},
               {"user-mention", {"user-memcached", "user-mongodb"}},
               {"post-storage", {"post-storage-mongodb", "post-storage-memcached"}},
               {"user-timeline", {"user-timeline-mongodb", "user-timeline-redis", "post-storage"}},
               {"home-timeline", {"social-graph", "home-timeline-redis", "post-storage"}},
               {"social-graph", {"social-graph-mongodb", "social-graph-redis", "user"}},
               {"user", {"user-mongodb", "user-memcached", "social-graph"}}});
}

TEST_CASE("DeathStarBench's hotel asks as its sources do") {
    CHECK(arrows_of(shipped("deathstarbench-hotel")) ==
          arrows{{"frontend",
                  {"search", "reservation", "profile", "recommendation", "user", "review",
                   "attractions"}},
                 {"search", {"geo", "rate"}},
                 {"rate", {"rate-memcached", "rate-mongodb"}},
                 {"profile", {"profile-memcached", "profile-mongodb"}},
                 {"reservation", {"reservation-memcached", "reservation-mongodb"}},
                 {"review", {"review-memcached", "review-mongodb"}},
                 {"attractions", {"attractions-mongodb"}}});
}

TEST_CASE("Train Ticket has 41 services and 94 edges, and travel and seat call each other") {
    const topology_spec trains = shipped("train-ticket");
    const arrows all = arrows_of(trains);
    CHECK(trains.services.size() == 41);
    CHECK(count(all, "ui-dashboard") == 94);
    CHECK(all.at("travel").count("seat") == 1);
    CHECK(all.at("seat").count("travel") == 1);
    CHECK(all.at("preserve").size() == 12);
    const std::vector<std::string> chain{"travel-plan", "route-plan", "travel",
                                         "ticketinfo",  "basic",      "route"};
    for (std::size_t i = 1; i < chain.size(); ++i)
        CHECK(all.at(chain[i - 1]).count(chain[i]) == 1);
}

} // namespace windtunnel::topology
