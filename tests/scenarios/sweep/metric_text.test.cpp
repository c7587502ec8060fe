// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/metric_text.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

namespace {

metric_wish wish(const std::string& text) {
    return parse_metric(text, shop_with("{}"));
}
std::string complaint(const std::string& text) {
    return message_of([&] { wish(text); });
}

} // namespace

TEST_CASE("a metric is an expectation without its comparison") {
    CHECK(wish("readers: p99").measured.metric == metric::latency_p99);
    CHECK(wish("readers: p99").unit == unit_kind::time);
    CHECK(wish("readers: p99 of failed").measured.outcome == latency_of::failed);
    CHECK(wish("readers: errors(timed_out)").unit == unit_kind::share);
    CHECK(wish("readers: goodput").unit == unit_kind::rate);
    CHECK(wish("pay: in queue").unit == unit_kind::count);
    CHECK(wish("web->pay: attempts").unit == unit_kind::count);
    CHECK(wish("readers: mean during 'slow pay'").measured.phase.fault == "slow pay");
    CHECK(wish("readers: p50 always").measured.phase.when == phase_ref::kind::always);
    CHECK(wish("readers: recovers").unit == unit_kind::time);
    CHECK(wish("readers: recovers after 'slow pay'").measured.metric == metric::recovers_within);
}

TEST_CASE("what is no metric is said as of an expectation") {
    using Catch::Matchers::Contains;
    CHECK_THAT(complaint("p99"), Contains("written \"subject: metric\", as in \"readers: p99\""));
    CHECK_THAT(complaint("readers: p98"), Contains("\"p98\" is no metric"));
    CHECK_THAT(complaint("raeders: p99"), Contains("did you mean \"readers\"?"));
    CHECK_THAT(complaint("readers: p99 < 5ms"), Contains("a metric has no comparison"));
    CHECK_THAT(complaint("readers: in queue"), Contains("is not measured there"));
    CHECK_THAT(complaint("readers: p99 during 'slow pya'"), Contains("slow pay"));
    CHECK_THAT(complaint("readers: p99"), Contains("no error"));
}

TEST_CASE("the usual metrics are those of the first workload") {
    CHECK(usual_metrics(shop_with("{}")) == std::vector<std::string>{"readers: p50", "readers: p99",
                                                                     "readers: errors",
                                                                     "readers: goodput"});
}

} // namespace windtunnel::scenario
