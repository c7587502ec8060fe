// SPDX-License-Identifier: BSL-1.0
// The catalogue as files: each one loads, fits its schema, says what it shows, and is documented.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "scenarios/catalogue/support.hpp"
#include "support/files.hpp"
#include "support/json_schema.hpp"
#include "topologies/src/loader.hpp"

namespace windtunnel::scenario {

namespace {

/// Each variant of each scenario that ships, with the verdict that its title claims. The claims are
/// tested in the files beside this one.
const std::map<std::string, std::map<std::string, verdict>> claims{
    {"adaptive-lifo-drops-the-patient",
     {{"", verdict::failed},
      {"target of 1 s", verdict::passed},
      {"no admission", verdict::passed}}},
    {"adaptive-lifo-serves-the-newest",
     {{"", verdict::passed},
      {"60/s", verdict::passed},
      {"first come, first served", verdict::failed}}},
    {"adaptive-limit-mixed-work",
     {{"", verdict::failed},
      {"no limit", verdict::passed},
      {"200 ms later", verdict::passed},
      {"vegas", verdict::failed},
      {"bulkhead for orders", verdict::passed}}},
    {"adaptive-limit-slow-database",
     {{"", verdict::passed},
      {"no limit", verdict::failed},
      {"1.5 times slower, no limit", verdict::passed},
      {"4 times slower", verdict::passed},
      {"30 times slower", verdict::failed},
      {"vegas", verdict::passed}}},
    {"backoff-outlasts-restart",
     {{"", verdict::passed},
      {"at once", verdict::failed},
      {"650 ms", verdict::passed},
      {"1 s", verdict::failed}}},
    {"balancer-avoids-slow-replica",
     {{"", verdict::passed},
      {"round robin", verdict::failed},
      {"round robin, 1.4 times slower", verdict::passed},
      {"round robin, 2 times slower", verdict::failed},
      {"power of two", verdict::passed},
      {"peak EWMA", verdict::passed},
      {"random", verdict::failed}}},
    {"balancer-feeds-black-hole",
     {{"", verdict::failed},
      {"round robin", verdict::passed},
      {"20/s", verdict::passed},
      {"peak EWMA", verdict::passed},
      {"peak EWMA without a penalty", verdict::failed},
      {"outlier detection", verdict::passed},
      {"power of two", verdict::failed},
      {"random", verdict::passed}}},
    {"bookinfo-ratings-delay", {{"", verdict::passed}, {"reviews v3", verdict::passed}}},
    {"breaker-frees-threads",
     {{"", verdict::passed},
      {"no breaker", verdict::failed},
      {"25/s, no breaker", verdict::passed},
      {"80/s", verdict::failed}}},
    {"breaker-over-replicas",
     {{"", verdict::failed}, {"no breaker", verdict::passed}, {"three replicas", verdict::passed}}},
    {"breaker-too-eager",
     {{"", verdict::failed},
      {"no breaker", verdict::passed},
      {"5 calls", verdict::failed},
      {"50 calls", verdict::passed},
      {"1 % fail", verdict::passed}}},
    {"bulkhead-isolates",
     {{"", verdict::passed},
      {"no bulkhead", verdict::failed},
      {"60 slots", verdict::passed},
      {"62 slots", verdict::failed}}},
    {"bulkhead-too-small",
     {{"", verdict::failed},
      {"no bulkhead", verdict::passed},
      {"10 slots", verdict::failed},
      {"12 slots", verdict::passed},
      {"6 slots and a queue", verdict::passed}}},
    {"cache-carries-the-reads",
     {{"", verdict::passed},
      {"no cache", verdict::failed},
      {"50 places", verdict::failed},
      {"1 s to live", verdict::failed}}},
    {"cache-remembers-failures",
     {{"", verdict::failed},
      {"1 s", verdict::passed},
      {"failures not remembered", verdict::passed}}},
    {"chain-or-queue",
     {{"", verdict::passed},
      {"chain", verdict::passed},
      {"90 % load", verdict::passed},
      {"chain at 90 % load", verdict::passed}}},
    {"chatty-rest-or-one-query",
     {{"", verdict::passed},
      {"one query", verdict::passed},
      {"one query, batched", verdict::passed},
      {"in the data centre", verdict::passed},
      {"one query in the data centre", verdict::passed}}},
    {"coalescing-shares-the-slowest",
     {{"", verdict::failed},
      {"joins for 50 ms", verdict::passed},
      {"no coalescing", verdict::passed},
      {"1000 keys", verdict::passed}}},
    {"coalescing-stops-the-stampede",
     {{"", verdict::passed}, {"2/s", verdict::passed}, {"no coalescing", verdict::failed}}},
    {"codel-drops-a-batch",
     {{"", verdict::failed},
      {"interval of 5 s", verdict::passed},
      {"batches of 10", verdict::passed},
      {"no admission", verdict::passed}}},
    {"codel-keeps-the-queue-short",
     {{"", verdict::passed},
      {"60/s", verdict::passed},
      {"first come, first served", verdict::failed}}},
    {"deadline-travels",
     {{"", verdict::passed},
      {"deadline stays", verdict::failed},
      {"one tier forgets", verdict::failed},
      {"100/s, deadline stays", verdict::passed}}},
    {"discovery-client-or-server",
     {{"", verdict::passed},
      {"server-side", verdict::passed},
      {"watched, short leases", verdict::passed},
      {"registry down", verdict::passed},
      {"server-side, registry down", verdict::passed},
      {"balancer down", verdict::passed}}},
    {"fallback-inside-a-retry",
     {{"", verdict::failed},
      {"no fallback", verdict::passed},
      {"fallback outside", verdict::passed},
      {"0.5 % fail", verdict::passed},
      {"30 % fail, no fallback", verdict::failed},
      {"outage, fallback outside", verdict::failed}}},
    {"fallback-keeps-pages-coming",
     {{"", verdict::passed},
      {"no fallback", verdict::failed},
      {"no timeout", verdict::failed},
      {"50 ms late", verdict::passed},
      {"150 ms late", verdict::passed},
      {"down, no timeout", verdict::passed}}},
    {"gateway-cache",
     {{"", verdict::passed}, {"no cache", verdict::passed}, {"no cache, 100/s", verdict::passed}}},
    {"hashing-feeds-a-hot-key",
     {{"", verdict::failed},
      {"bounded loads", verdict::passed},
      {"round robin", verdict::passed},
      {"2,000/s", verdict::passed},
      {"less popular", verdict::passed}}},
    {"hashing-keeps-caches-warm",
     {{"", verdict::passed},
      {"round robin", verdict::failed},
      {"maglev", verdict::passed},
      {"15,000 products", verdict::passed},
      {"40,000 products", verdict::failed},
      {"2,000 products, round robin", verdict::passed}}},
    {"health-check-finds-hung",
     {{"", verdict::passed}, {"no check", verdict::failed}, {"every 10 s", verdict::failed}}},
    {"health-check-too-deep",
     {{"", verdict::failed},
      {"shallow", verdict::passed},
      {"panic", verdict::passed},
      {"2 s", verdict::passed}}},
    {"hedging-cuts-the-tail",
     {{"", verdict::passed},
      {"no hedge", verdict::failed},
      {"7 % slow", verdict::passed},
      {"8 % slow", verdict::failed},
      {"1 % slow, no hedge", verdict::passed}}},
    {"hedging-under-load",
     {{"", verdict::failed},
      {"no hedge", verdict::passed},
      {"48 % load", verdict::passed},
      {"56 % load", verdict::failed},
      {"budget of 5 %", verdict::passed},
      {"observed delay", verdict::passed}}},
    {"hotel-mix", {{"", verdict::passed}}},
    {"jitter-spreads-crowd",
     {{"", verdict::passed},
      {"in step", verdict::failed},
      {"80 jobs in step", verdict::passed},
      {"200 jobs", verdict::passed},
      {"400 jobs", verdict::failed}}},
    {"online-boutique-currency-slow", {{"", verdict::passed}}},
    {"monolith-or-services",
     {{"", verdict::passed},
      {"monolith", verdict::passed},
      {"ten times the load", verdict::passed},
      {"monolith, ten times the load", verdict::passed}}},
    {"optimistic-writers-back-off",
     {{"", verdict::passed},
      {"no jitter", verdict::failed},
      {"at once", verdict::failed},
      {"equal jitter", verdict::passed},
      {"decorrelated jitter", verdict::passed},
      {"1000 items, at once", verdict::passed}}},
    {"outlier-detection-ejects",
     {{"", verdict::passed},
      {"no detection", verdict::failed},
      {"four sick", verdict::failed},
      {"probation", verdict::passed},
      {"error cost", verdict::failed}}},
    {"outlier-detection-overloads",
     {{"", verdict::failed},
      {"no detection", verdict::passed},
      {"panic", verdict::passed},
      {"500/s", verdict::passed},
      {"650/s", verdict::failed}}},
    {"own-zone-first-fails-over",
     {{"", verdict::passed}, {"420/s", verdict::failed}, {"all replicas alike", verdict::failed}}},
    {"own-zone-first-overloads-the-rest",
     {{"", verdict::failed}, {"factor of 1", verdict::passed}, {"320/s", verdict::passed}}},
    {"payment-slow-with-breaker",
     {{"", verdict::passed},
      {"payment 2.5 s slow", verdict::passed},
      {"payment 4 s slow", verdict::passed}}},
    {"payment-slow-without-breaker",
     {{"", verdict::failed},
      {"payment 2.5 s slow", verdict::passed},
      {"payment 4 s slow", verdict::failed}}},
    {"priorities-keep-tasks-whole",
     {{"", verdict::passed},
      {"below the capacity", verdict::passed},
      {"call by call", verdict::failed},
      {"no shedding", verdict::failed}}},
    {"priorities-starve-the-rest",
     {{"", verdict::failed},
      {"gold at 500/s", verdict::passed},
      {"a rate limit by caller", verdict::passed}}},
    {"queue-or-stream",
     {{"", verdict::passed},
      {"even orders", verdict::passed},
      {"queue, even orders", verdict::passed},
      {"queue", verdict::passed},
      {"queue, FIFO groups", verdict::passed},
      {"queue, one reader", verdict::passed}}},
    {"rate-limit-fairness",
     {{"", verdict::passed},
      {"no limit", verdict::failed},
      {"100/s, no limit", verdict::passed},
      {"limit of 130/s", verdict::passed},
      {"limit of 170/s", verdict::failed}}},
    {"rate-limit-refuses-bursts",
     {{"", verdict::failed},
      {"no limit", verdict::passed},
      {"burst of 5", verdict::failed},
      {"burst of 12", verdict::passed},
      {"waits for 100 ms", verdict::failed}}},
    {"registry-drops-crashed",
     {{"", verdict::passed},
      {"no registry", verdict::failed},
      {"watched", verdict::passed},
      {"lease of 90 s", verdict::failed}}},
    {"registry-outage-empties-lists",
     {{"", verdict::failed},
      {"last good list", verdict::passed},
      {"self-preservation", verdict::passed},
      {"5 s", verdict::passed}}},
    {"rest-waits-in-line",
     {{"", verdict::passed},
      {"grpc", verdict::passed},
      {"rest, 20 connections", verdict::passed},
      {"large items", verdict::passed},
      {"large items, grpc", verdict::passed},
      {"large items, grpc, 4 MiB window", verdict::passed}}},
    {"retries-multiply",
     {{"", verdict::failed},
      {"one tier", verdict::passed},
      {"10/s", verdict::failed},
      {"6/s", verdict::passed}}},
    {"retry-budget-stops-storm",
     {{"", verdict::passed},
      {"no budget", verdict::failed},
      {"budget of 40 %", verdict::passed},
      {"budget of 60 %", verdict::failed}}},
    {"retry-budget-too-small",
     {{"", verdict::failed},
      {"no budget", verdict::passed},
      {"budget of 8 %", verdict::failed},
      {"budget of 12 %", verdict::passed}}},
    {"retry-masks-blips",
     {{"", verdict::passed},
      {"no retry", verdict::failed},
      {"20 % fail", verdict::passed},
      {"25 % fail", verdict::failed}}},
    {"retry-storm",
     {{"", verdict::failed},
      {"no retry", verdict::passed},
      {"breaker", verdict::passed},
      {"expired work dropped", verdict::passed},
      {"expired slow work dropped", verdict::failed},
      {"100/s", verdict::passed},
      {"shed to 100/s", verdict::passed},
      {"shed to 160/s", verdict::failed}}},
    {"rollout-breaks-a-reader", {{"", verdict::passed}, {"both names", verdict::passed}}},
    {"server-admission-mixed-work",
     {{"", verdict::failed},
      {"no admission", verdict::passed},
      {"200 ms later", verdict::passed},
      {"never below 40", verdict::passed},
      {"vegas", verdict::failed}}},
    {"server-admission-sheds-overload",
     {{"", verdict::passed},
      {"no admission", verdict::failed},
      {"360/s", verdict::passed},
      {"360/s, no admission", verdict::passed}}},
    {"slow-start-prolongs-an-outage",
     {{"", verdict::failed},
      {"no slow start", verdict::passed},
      {"10 s", verdict::passed},
      {"450/s", verdict::passed}}},
    {"slow-start-warms-a-replica",
     {{"", verdict::passed}, {"no slow start", verdict::failed}, {"15 s", verdict::failed}}},
    {"social-network-mix", {{"", verdict::passed}}},
    {"sock-shop-loses-shipments",
     {{"", verdict::passed}, {"shipping does not swallow", verdict::passed}}},
    {"stale-loads-herd",
     {{"", verdict::failed},
      {"power of two", verdict::passed},
      {"5 s, power of two", verdict::failed},
      {"random", verdict::passed},
      {"100 ms", verdict::passed}}},
    {"strangler-migration",
     {{"", verdict::passed},
      {"before", verdict::passed},
      {"half", verdict::passed},
      {"half, with a way back", verdict::passed},
      {"done", verdict::passed}}},
    {"throttle-one-bad-endpoint",
     {{"", verdict::failed},
      {"no throttle", verdict::passed},
      {"45 % bad", verdict::passed},
      {"60 % bad", verdict::failed},
      {"k = 5", verdict::passed},
      {"throttle for offers", verdict::passed}}},
    {"throttle-overloaded-database",
     {{"", verdict::passed},
      {"no throttle", verdict::failed},
      {"k = 1.5", verdict::passed},
      {"1200/s", verdict::passed},
      {"short queue, no throttle", verdict::passed}}},
    {"timeout-frees-threads",
     {{"", verdict::passed},
      {"no timeout", verdict::failed},
      {"2.5 s", verdict::passed},
      {"4 s", verdict::failed}}},
    {"timeout-too-short",
     {{"", verdict::failed},
      {"no timeout", verdict::passed},
      {"150 ms", verdict::passed},
      {"no retry", verdict::failed},
      {"90/s", verdict::passed}}},
    {"two-racks", {{"", verdict::passed}}},
    {"train-ticket-preserve", {{"", verdict::passed}}},
    {"waits-that-no-service-shows",
     {{"", verdict::failed},
      {"back-off of 20 ms", verdict::passed},
      {"context dropped", verdict::failed}}},
    {"weights-fit-unequal-replicas",
     {{"", verdict::passed},
      {"round robin", verdict::failed},
      {"280/s, round robin", verdict::passed},
      {"600/s", verdict::passed}}},
    {"weights-outlive-the-machines",
     {{"", verdict::failed},
      {"round robin", verdict::passed},
      {"least request", verdict::passed},
      {"600/s", verdict::passed}}},
    {"zone-aware-contains-a-sick-zone",
     {{"", verdict::passed},
      {"all replicas alike", verdict::failed},
      {"east 450/s", verdict::passed},
      {"east 600/s", verdict::failed}}},
    {"zone-aware-overloads-the-busy-zone",
     {{"", verdict::failed},
      {"all replicas alike", verdict::passed},
      {"west 450/s", verdict::passed},
      {"a fifth by zone", verdict::passed}}}};

nlohmann::json json_of(const std::filesystem::path& path) {
    return nlohmann::json::parse(std::ifstream(path));
}

} // namespace

TEST_CASE("every scenario that ships makes a claim, and no claim is without its file") {
    std::vector<std::string> claimed;
    for (const auto& [name, variants] : claims) {
        claimed.push_back(name);
        std::vector<std::string> names;
        for (const auto& [variant, verdict] : variants)
            if (!variant.empty())
                names.push_back(variant);
        auto in_file = variant_names(topology::document::load(shipped_file(name)));
        std::sort(in_file.begin(), in_file.end());
        CHECK(in_file == names);
    }
    CHECK(json_files_in("scenarios") == claimed);
}

TEST_CASE(
    "every scenario and variant ends with the verdict of its claim, with the seed it ships with") {
    for (const auto& [name, variants] : claims)
        for (const auto& [variant, verdict] : variants) {
            INFO(name << " / " << variant);
            const scenario_spec spec = shipped(name, {.variant = variant});
            CHECK(run_once(spec, spec.seed).verdict == verdict);
        }
}

TEST_CASE("every scenario that ships says what it shows, and has something to prove") {
    for (const auto& [name, variants] : claims)
        for (const auto& [variant, verdict] : variants) {
            INFO(name << " / " << variant);
            const scenario_spec spec = shipped(name, {.variant = variant});
            CHECK(spec.name == name);
            CHECK(spec.title.size() > 30);
            CHECK(spec.title.size() <= 140);
            CHECK(spec.title.back() != '.');
            CHECK(spec.expectations.size() >= 3);
            CHECK((variant.empty() || spec.title != shipped(name).title));
        }
}

TEST_CASE("every file of the catalogue names its schema, and fits it") {
    for (const auto& [folder, schema] : {std::pair{"scenarios", "schema/scenario.schema.json"},
                                         std::pair{"topologies", "schema/topology.schema.json"}})
        for (const std::string& name : json_files_in(folder)) {
            INFO(folder << "/" << name);
            const auto file = repository / folder / (name + ".json");
            CHECK(json_of(file).at("$schema") == schema);
            CHECK(test::schema_errors(json_of(file.parent_path() / schema), json_of(file)) == "");
        }
}

TEST_CASE("every topology that ships loads, by the name of its file, and says what it is") {
    for (const std::string& name : json_files_in("topologies")) {
        INFO(name);
        const auto topology = topology::load_topology(repository / "topologies" / (name + ".json"));
        CHECK(topology.name == name);
        CHECK(topology.description.size() > 100);
    }
}

TEST_CASE("every scenario that ships has its paragraph in docs/scenarios.md") {
    const std::string page = test::content(repository / "docs/scenarios.md");
    for (const std::string& name : json_files_in("scenarios"))
        CHECK(page.find("## " + name + "\n") != std::string::npos);
}

} // namespace windtunnel::scenario
