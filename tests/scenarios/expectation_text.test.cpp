// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_text.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"
#include "scenarios/src/expectation_metrics.hpp"

namespace windtunnel::scenario {

namespace {

using kind = expectation_spec::subject_kind;
using when = phase_ref::kind;

expectation_spec read(const std::string& text) {
    static const scenario_spec scenario = shop_with("{}");
    return parse_expectation(text, scenario);
}

/// "byte: message; did you mean ...".
std::string broken(const std::string& text, const scenario_spec& scenario) {
    try {
        parse_expectation(text, scenario);
    } catch (const bad_expectation& error) {
        return std::to_string(error.at()) + ": " + error.what() +
               (error.suggestion().empty() ? "" : "; did you mean " + error.suggestion() + "?");
    }
    return "no error";
}

std::string broken(const std::string& text) {
    return broken(text, shop_with("{}"));
}

} // namespace

TEST_CASE("an expectation names a workload, a service, an endpoint or an edge") {
    CHECK(read("readers: p99 < 1s").what == kind::workload);
    CHECK(read("pay: p99 < 1s").what == kind::service);
    CHECK(read("pay.POST /charge: p99 < 1s").what == kind::endpoint);
    CHECK(read("web->pay: p99 < 1s").what == kind::edge);
    CHECK(read("web->pay.POST /charge: p99 < 1s").subject == "web->pay.POST /charge");
    CHECK(read("readers->web: p99 < 1s").what == kind::edge);
}

TEST_CASE("the subject ends at the last colon that leaves a known one") {
    CHECK(read("cart.GET /a: b: p99 < 1s").subject == "cart.GET /a: b");
    const auto fault = shop_with(R"({"faults":[{"name":"a: b","at":"40s","for":"1s",
        "pause":{"on":"pay"}}]})");
    CHECK(parse_expectation("pay: p99 < 1s before 'a: b'", fault).subject == "pay");
}

TEST_CASE("every metric is read, with the unit it has") {
    CHECK(read("readers: mean < 5ms").metric == metric::latency_mean);
    CHECK(read("readers: p50 < 5ms").metric == metric::latency_p50);
    CHECK(read("readers: p90 < 5ms").metric == metric::latency_p90);
    CHECK(read("readers: p95 < 5ms").metric == metric::latency_p95);
    CHECK(read("readers: p99 < 1m30s").bound == 90);
    CHECK(read("readers: p99.9 < 5ms").metric == metric::latency_p999);
    CHECK(read("readers: max < 5ms").bound == Approx(0.005));
    CHECK(read("readers: requests > 1000").bound == 1000);
    CHECK(read("readers: errors < 1%").bound == Approx(0.01));
    CHECK(read("readers: errors <= 0.05").bound == 0.05);
    CHECK(read("readers: rate > 100/s").metric == metric::rate);
    CHECK(read("readers: goodput > 6000/min").bound == Approx(100));
    CHECK(read("readers: degraded < 5%").metric == metric::degraded);
    CHECK(read("web->pay: attempts <= 3").metric == metric::attempts);
    CHECK(read("pay: utilisation < 80%").metric == metric::utilisation);
    CHECK(read("pay: in system < 3.5").bound == 3.5);
    CHECK(read("pay: in queue < 1").metric == metric::in_queue);
    CHECK(read("pay: mean wait < 2ms").metric == metric::wait_mean);
    const auto calls = read("pay: calls per readers = 2");
    CHECK(calls.metric == metric::calls_per);
    CHECK(calls.relative_to == "readers");
}

TEST_CASE("when a workload with a limit is done is asked for once, for the whole run") {
    const auto with_limit = [](const std::string& text) {
        const scenario_spec spec = shop_with(R"j({"workload":[{"name":"readers","to":"web.GET /",
            "arrivals":"constant(1/s)","limit":10}]})j");
        return message_of([&] { parse_expectation(text, spec); });
    };
    CHECK(with_limit("readers: done < 20s") == "no error");
    CHECK(with_limit("readers: done < 20s after 'slow pay'") ==
          "\"done\" is about the whole run: leave the phase out");
    CHECK(broken("readers: done < 20s") ==
          "9: readers has no \"limit\", so it is never done: give it one, or ask for its "
          "latencies");
}

TEST_CASE("every comparison is read, with spaces or without") {
    CHECK(read("readers: p99 < 1s").op == comparison::less);
    CHECK(read("readers: p99<=1s").op == comparison::less_equal);
    CHECK(read("readers: p99 > 1s").op == comparison::greater);
    CHECK(read("readers: p99 >=1s").op == comparison::greater_equal);
    CHECK(read("readers: p99 = 1s").op == comparison::equal);
    CHECK(read("readers: p99 == 1s").op == comparison::equal);
    CHECK(read("readers:   p99   <\t1s   always  ").phase.when == when::always);
}

TEST_CASE("latencies are of good answers unless it is said otherwise") {
    CHECK(read("readers: mean < 1s").outcome == latency_of::good);
    CHECK(read("readers: p99 of good < 1s").outcome == latency_of::good);
    CHECK(read("readers: mean of failed < 1s").outcome == latency_of::failed);
    CHECK(read("readers: p99.9 of all < 1s").outcome == latency_of::all);
}

TEST_CASE("errors may be of one reason") {
    CHECK(read("readers: errors < 1%").reason.empty());
    CHECK(read("readers: errors(timed_out) < 1%").reason == "timed_out");
}

TEST_CASE("the phase is overall, always, or one of a fault's") {
    CHECK(read("readers: p99 < 1s").phase.when == when::overall);
    CHECK(read("readers: p99 < 1s always").phase.when == when::always);
    CHECK(read("readers: p99 < 1s before 'slow pay'").phase.when == when::before);
    CHECK(read("readers: p99 < 1s during 'slow pay'").phase.when == when::during);
    const auto after = read("readers: p99 < 1s after 'slow pay'").phase;
    CHECK(after.when == when::after);
    CHECK(after.fault == "slow pay");
}

TEST_CASE("recovery is a time after a fault, the only one if none is named") {
    const auto named = read("web: recovers within 5s after 'slow pay'");
    CHECK(named.metric == metric::recovers_within);
    CHECK(named.op == comparison::less_equal);
    CHECK(named.bound == 5);
    CHECK(named.phase.when == when::after);
    CHECK(read("web: recovers within 5s").phase.fault == "slow pay");
}

TEST_CASE("an expectation is written back as it was meant") {
    const auto e = read("readers: mean of failed < 2s during 'slow pay'");
    CHECK(metric_text(e) == "mean of failed");
    CHECK(phase_text(e.phase) == "during 'slow pay'");
    CHECK(metric_text(read("readers: errors(timed_out) < 1%")) == "errors(timed_out)");
    CHECK(metric_text(read("pay: calls per readers = 2")) == "calls per readers");
}

TEST_CASE("values are written with few digits and their unit") {
    CHECK(value_text(0.412, unit_kind::time) == "412 ms");
    CHECK(value_text(0.0123456, unit_kind::time) == "12.35 ms");
    CHECK(value_text(7, unit_kind::time) == "7 s");
    CHECK(value_text(83.25, unit_kind::time) == "83.25 s");
    CHECK(value_text(2.5e-6, unit_kind::time) == "2.5 us");
    CHECK(value_text(4e-9, unit_kind::time) == "4 ns");
    CHECK(value_text(0, unit_kind::time) == "0 s");
    CHECK(value_text(0.0125, unit_kind::share) == "1.25 %");
    CHECK(value_text(1, unit_kind::share) == "100 %");
    CHECK(value_text(0.00012345, unit_kind::share) == "0.01234 %");
    CHECK(value_text(99.73, unit_kind::rate) == "99.73/s");
    CHECK(value_text(12345.6, unit_kind::count) == "12346");
    CHECK(value_text(2, unit_kind::count) == "2");
}

TEST_CASE("an expectation of nobody says who there is") {
    CHECK(broken("") == "0: an expectation is written \"subject: metric < value\", as in "
                        "\"readers: p99 < 200ms\"; there is no \": \" in it");
    CHECK(broken("p99 < 1s") == "0: an expectation is written \"subject: metric < value\", as in "
                                "\"readers: p99 < 200ms\"; there is no \": \" in it");
    CHECK(broken("readrs: p99 < 1s") == "0: no workload, service or endpoint is called \"readrs\"; "
                                        "there is readers, web, cart, pay; did you mean readers?");
    CHECK(broken("pay.POST /chrge: p99 < 1s") ==
          "0: no workload, service or endpoint is called \"pay.POST /chrge\"; there is readers, "
          "web, cart, pay; did you mean pay.POST /charge?");
    CHECK(broken("pay->cart: p99 < 1s") == "0: \"pay\" never calls \"cart\"; it calls nobody");
    CHECK(broken("web->readers: p99 < 1s") == "0: no service or endpoint is called \"readers\"");
    CHECK(broken("wep->pay: p99 < 1s") ==
          "0: no workload or service is called \"wep\"; did you mean web?");
}

TEST_CASE("a metric that cannot be measured says which can") {
    CHECK(broken("readers: ") ==
          "9: a metric is missing; a workload has mean, p50, p90, p95, p99, p99.9, max, requests, "
          "errors, rate, goodput, degraded, lost, attempts, done, recovers within");
    CHECK(broken("readers: p98 < 1s") ==
          "9: \"p98\" is no metric; a workload has mean, p50, p90, p95, p99, p99.9, max, requests, "
          "errors, rate, goodput, degraded, lost, attempts, done, recovers within; did you mean "
          "p90?");
    CHECK(broken("readers: median < 1s") ==
          "9: \"median\" is no metric; a workload has mean, p50, p90, p95, p99, p99.9, max, "
          "requests, errors, rate, goodput, degraded, lost, attempts, done, recovers within; did "
          "you mean "
          "p50?");
    CHECK(broken("readers: utilisation < 80%") ==
          "9: \"readers\" is a workload, and \"utilisation\" is not measured there; a workload has "
          "mean, p50, p90, p95, p99, p99.9, max, requests, errors, rate, goodput, degraded, "
          "lost, attempts, done, recovers within");
    CHECK(broken("pay: attempts < 3") ==
          "5: \"pay\" is a service, and \"attempts\" is not measured there; a service has mean, "
          "p50, p90, p95, p99, p99.9, max, requests, errors, rate, goodput, degraded, calls per, "
          "utilisation, in system, in queue, mean wait, refused, limit, KIND.COUNT, mean "
          "KIND.LEVEL, recovers within");
    CHECK(broken("readers: calls per readers < 3") ==
          "9: \"readers\" is a workload, and \"calls per\" is not measured there; a workload has "
          "mean, p50, p90, p95, p99, p99.9, max, requests, errors, rate, goodput, degraded, "
          "lost, attempts, done, recovers within");
    CHECK(broken("pay: calls per reader = 2") ==
          "15: calls are counted per request of a workload; no workload is called \"reader\"; "
          "there is readers; did you mean readers?");
    CHECK(broken("readers: errors of failed < 1%") ==
          "16: only latencies are \"of failed\": mean of failed, p99 of failed");
    CHECK(broken("readers: p99 of bad < 1s") ==
          "16: latencies are \"of good\", \"of failed\", \"of all\" or \"of completed\" requests, "
          "not of \"bad\"");
    CHECK(broken("readers: errors(timeout) < 1%") ==
          "16: \"timeout\" is no reason of a failure; there is error, overloaded, unavailable, "
          "connection_lost, contract_broken, timed_out, deadline_exceeded, cancelled, shut_down, "
          "breaker_open, bulkhead_full, bulkhead_timeout, rate_limited, limit_reached, throttled; "
          "did you mean timed_out?");
    CHECK(broken("readers: errors(timed_out < 1%") ==
          "25: the reason of errors(...) ends with \")\"");
}

TEST_CASE("a comparison or value that cannot be read says how to write it") {
    CHECK(broken("readers: p99") ==
          "12: after \"p99\" there must be a comparison: <, <=, >, >= or =");
    CHECK(broken("readers: p99 != 1s") ==
          "13: \"!=\" is no comparison; there is <, <=, >, >= and =");
    CHECK(broken("readers: p99 <") == "14: a value is missing; p99 is a time: write 5ms or 5s");
    CHECK(broken("readers: p99 < 5") == "15: p99 is a time: write 5ms or 5s, not \"5\"");
    CHECK(broken("readers: p99 < 5%") == "15: p99 is a time: write 5ms or 5s, not \"5%\"");
    CHECK(broken("readers: p99 < 5 ms") ==
          "15: p99 is a time: write 5ms or 5s, without a space; did you mean 5ms?");
    CHECK(broken("readers: p99 < 5sec") ==
          "15: p99 is a time: write 5ms or 5s; expected a duration such as \"250ms\", found "
          "\"5sec\": no unit \"sec\"; units are ns, us, ms, s, m, min, h, d");
    CHECK(broken("readers: errors < 5 % always") ==
          "18: errors is a share: write 5% or 0.05, without a space; did you mean 5%?");
    CHECK(broken("readers: errors < 1") == "18: errors is a share: write 5% or 0.05, not \"1\"");
    CHECK(broken("readers: errors < 5") == "18: errors is a share: write 5% or 0.05, not \"5\"");
    CHECK(broken("readers: errors < 5ms") ==
          "18: errors is a share: write 5% or 0.05, not \"5ms\"");
    CHECK(broken("readers: goodput > 5") == "19: goodput is a rate: write 5/s, not \"5\"");
    CHECK(broken("pay: calls per readers = 2/s") ==
          "25: calls per readers is a number without a unit: write 5 or 1.5, not \"2/s\"");
}

TEST_CASE("a phase that cannot be read says which there are") {
    CHECK(broken("readers: p99 < 1s alway") ==
          "18: \"alway\" does not belong here; after the value there may be always, before "
          "'fault', during 'fault' or after 'fault'; did you mean always?");
    CHECK(broken("readers: p99 < 1s always 'slow pay'") ==
          "25: \"'slow pay'\" does not belong here; the expectation ends before it");
    CHECK(broken("readers: p99 < 1s after slow pay") ==
          "24: the name of a fault stands in single quotes, as in after 'slow pay'");
    CHECK(broken("readers: p99 < 1s after 'slow") ==
          "24: the name of a fault stands in single quotes, as in after 'slow pay'");
    CHECK(broken("readers: p99 < 1s after 'slow pya'") ==
          "25: no fault is called \"slow pya\"; there is slow pay; did you mean slow pay?");
    CHECK(broken("readers: p99 < 1s after 'slow pay' or so") ==
          "35: \"or so\" does not belong here; the expectation ends before it");
    CHECK(broken("readers: recovers in 5s") == "18: after \"recovers\" there must be \"within\" "
                                               "and a duration, as in \"recovers within 5s\"");
    CHECK(broken("readers: recovers within 5") ==
          "25: recovers within is a time: write 5ms or 5s, not \"5\"");
    CHECK(broken("readers: recovers within 5s during 'slow pay'") ==
          "28: \"recovers within\" counts from the end of a fault: write after 'fault'");
}

TEST_CASE("a phase in which nothing is measured cannot be expected of") {
    const auto early = shop_with(R"({"faults":[{"name":"early","at":"2s","for":"20s",
        "pause":{"on":"pay"}}]})");
    CHECK(broken("readers: p99 < 1s before 'early'", early) ==
          "18: nothing is measured before 'early': it begins before the warm-up ends; begin it "
          "later or shorten the warm-up");
    CHECK(broken("readers: recovers within 5s after 'early'", early) ==
          "28: before 'early' there is no time to compare with: it begins before the warm-up ends; "
          "begin it later or shorten the warm-up");
    const auto over = shop_with(R"({"faults":[{"name":"early","at":"2s","for":"8s",
        "pause":{"on":"pay"}}]})");
    CHECK(broken("readers: p99 < 1s during 'early'", over) ==
          "18: nothing is measured during 'early': it is over before the warm-up ends; begin it "
          "later or shorten the warm-up");
    const auto endless = shop_with(R"({"faults":[{"name":"endless","at":"50s",
        "pause":{"on":"pay"}}]})");
    CHECK(broken("readers: p99 < 1s after 'endless'", endless) ==
          "18: nothing is measured after 'endless': it lasts to the end of the run; end it earlier "
          "(`for`) or lengthen the run (`duration`)");
    CHECK(broken("readers: recovers within 5s after 'endless'", endless) ==
          "28: nothing is measured after 'endless': it lasts to the end of the run; end it earlier "
          "(`for`) or lengthen the run (`duration`)");
    const auto none = shop_with(R"({"faults":[]})");
    CHECK(broken("readers: recovers within 5s", none) ==
          "27: the scenario has no fault to recover from");
    CHECK(broken("readers: p99 < 1s after 'slow pay'", none) ==
          "25: the scenario has no faults, so none called \"slow pay\"");
    const auto two = shop_with(R"({"faults":[
        {"name":"one","at":"40s","for":"1s","pause":{"on":"pay"}},
        {"name":"two","at":"50s","for":"1s","pause":{"on":"pay"}}]})");
    CHECK(broken("readers: recovers within 5s", two) ==
          "27: the scenario has several faults: write after which, as in after 'one'");
}

} // namespace windtunnel::scenario
