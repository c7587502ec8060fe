// SPDX-License-Identifier: BSL-1.0
// Which style for an edge: what each way of talking shows on one and the same flow, and the page of
// the documentation that says so, whose figures are those of this run. WINDTUNNEL_UPDATE=1 writes
// it anew.
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/src/compare/styles.hpp"
#include "scenarios/src/reports/styles_report.hpp"
#include "support/files.hpp"

namespace windtunnel::scenario {

namespace {

styles_request shipping(std::uint64_t seed) {
    styles_request request;
    request.caller = "shop";
    request.callee = "shipping";
    request.how.variant = "chain";
    request.seed = seed;
    request.replications = 1;
    return request;
}

std::vector<style_result> styles_of_shipping(std::uint64_t seed) {
    const auto file = topology::document::load(shipped_file("chain-or-queue"));
    return compare_styles(file, repository / "scenarios", "chain-or-queue", shipping(seed));
}

std::vector<styles_at_load> shipping_by_load() {
    const auto file = topology::document::load(shipped_file("chain-or-queue"));
    return compare_styles_by_load(file, repository / "scenarios", "chain-or-queue", shipping(1));
}

const style_result& result_of(const std::vector<style_result>& all, topology::style s) {
    return *std::find_if(all.begin(), all.end(),
                         [&](const style_result& r) { return r.style == s; });
}

const style_phase& phase_of(const style_result& r, const std::string& name) {
    return *std::find_if(r.phases.begin(), r.phases.end(),
                         [&](const style_phase& p) { return p.name == name; });
}

/// Pattern, use case and trade-off.
std::string rows() {
    struct row {
        const char *style, *use, *price;
    };
    constexpr row all[] = {
        {"in_process", "two parts change and scale together, and a call must cost nothing",
         "one crash takes all, one part cannot be scaled or deployed alone"},
        {"rest", "anybody is to call, with tools at hand, caches on the way",
         "a connection for each request at a time, text to write and to read, both up at once"},
        {"grpc", "services of one house call each other often, with typed contracts and deadlines",
         "a window a round trip for large answers, tools, both up at once"},
        {"graphql", "clients choose what they see and have slow networks",
         "a query's own work, N+1 behind it, nothing for caches on the way"},
        {"queue", "work may be done later, each once, and must outlive its worker",
         "no answer, a backlog after an outage, order only by group"},
        {"stream", "several read the same, in order, and again",
         "a partition is one reader's, a slow record holds it up"},
    };
    std::string text;
    for (const row& r : all)
        text += fmt::format("| {} | {} | {} |\n", r.style, r.use, r.price);
    return text;
}

std::string page(const std::vector<style_result>& all) {
    text_options markdown;
    markdown.markdown = true;
    return R"(<!-- SPDX-License-Identifier: BSL-1.0 -->
# Ways for two services to talk

The figures below are of one flow, an order that has a shipment made, under one fault: shipping is
down for a minute. `windtunnel compare scenarios/chain-or-queue.json --variant chain --styles
'shop->shipping' --replications 1 --format markdown` prints them; a test keeps them what that run
says. The same command answers for any edge of any scenario: "done" is until the callee has worked,
"lost" is work that nobody will do although its request was answered well, "undone" what was yet
to come when the run ended.

| style | use it where | price |
|---|---|---|
)" + rows() +
           "\n" + text_of_styles("shop->shipping", all, shipping_by_load(), markdown);
}

} // namespace

TEST_CASE("the page of styles says what their runs say") {
    const auto path = repository / "docs" / "styles.md";
    const std::string expected = page(styles_of_shipping(1));
    CHECK(test::golden(path, expected) == expected);
}

TEST_CASE("every style carries the same orders, and an outage tells them apart") {
    using enum topology::style;
    for (const std::uint64_t seed : {1, 2, 3}) {
        INFO(seed);
        const auto all = styles_of_shipping(seed);
        REQUIRE(all.size() == 6);
        for (const auto s : {rest, grpc, graphql}) {
            const style_phase& outage = phase_of(result_of(all, s), "during 'outage'");
            CHECK(outage.errors > 0.99);
            CHECK(outage.lost == 0);
        }
        for (const auto s : {queue, stream}) {
            const style_phase& outage = phase_of(result_of(all, s), "during 'outage'");
            CHECK(outage.errors == 0);
            CHECK(outage.lost == 0);
            CHECK(outage.done99.value() > 30);
            CHECK(outage.p99.value() < 0.03);
        }
        CHECK(phase_of(result_of(all, in_process), "during 'outage'").errors > 0.99);
        // JSON is written and read by somebody's cores.
        CHECK(phase_of(result_of(all, graphql), "overall").cores >
              phase_of(result_of(all, grpc), "overall").cores);
    }
}

TEST_CASE(
    "a page over HTTP/1.1 waits in line where HTTP/2 does not, and large answers reverse it") {
    for (const std::string variant : {"", "grpc", "rest, 20 connections", "large items",
                                      "large items, grpc", "large items, grpc, 4 MiB window"})
        on_every_seed("rest-waits-in-line", variant, verdict::passed);
}

TEST_CASE("one query beats a chatty screen on a slow network, and not in the data centre") {
    for (const std::string variant : {"", "one query", "one query, batched", "in the data centre",
                                      "one query in the data centre"})
        on_every_seed("chatty-rest-or-one-query", variant, verdict::passed);
    for (const std::uint64_t seed : seeds) {
        const auto p50 = [&](const std::string& variant) {
            const auto run =
                run_once(shipped("chatty-rest-or-one-query", {.variant = variant}), seed);
            return in_phase(run.merged, "screens", "overall").good_latency.quantile(0.5);
        };
        CHECK(p50("one query") * 4 < p50(""));
        CHECK(p50("one query in the data centre") > p50("in the data centre"));
    }
}

TEST_CASE("a monolith answers sooner on fewer cores, and one bad module takes all of it") {
    for (const std::string variant :
         {"", "monolith", "ten times the load", "monolith, ten times the load"})
        on_every_seed("monolith-or-services", variant, verdict::passed);
    for (const std::uint64_t seed : seeds) {
        const auto busy = [&](const std::string& variant) {
            const run_result r =
                run_once(shipped("monolith-or-services", {.variant = variant}), seed).merged;
            double sum = 0;
            for (const service_result& s : r.services)
                sum += in_seconds(s.phases[overall_phase].levels.busy) /
                       to_seconds(s.phases[overall_phase].span);
            return sum;
        };
        CHECK(busy("monolith, ten times the load") < busy("ten times the load"));
    }
}

} // namespace windtunnel::scenario
