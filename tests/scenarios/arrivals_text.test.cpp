// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/arrivals_text.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;

namespace {

std::string again(const std::string& text) {
    return arrivals_text(parse_arrivals(text));
}

std::string broken(const std::string& text) {
    return message_of([&] { parse_arrivals(text); });
}

} // namespace

TEST_CASE("each form of arrivals is read") {
    CHECK(std::get<constant_arrivals>(parse_arrivals("constant(100/s)")).rate == 100);
    CHECK(std::get<poisson_arrivals>(parse_arrivals("poisson(6/min)")).rate == Approx(0.1));

    const auto batches = std::get<batch_arrivals>(parse_arrivals("batches(100/s, size=5)"));
    CHECK(batches.rate == 100);
    CHECK(batches.size == 5);

    const auto on_off = std::get<on_off_arrivals>(
        parse_arrivals("on_off(on=160/s, off=20/s, on_mean=10s, off_mean=15s)"));
    CHECK(on_off.on_rate == 160);
    CHECK(on_off.off_rate == 20);
    CHECK(on_off.on_mean == 10s);
    CHECK(on_off.off_mean == 15s);

    const auto ramp =
        std::get<ramp_arrivals>(parse_arrivals("ramp(from=10/s, to=100/s, over=60s)"));
    CHECK(ramp.from == 10);
    CHECK(ramp.to == 100);
    CHECK(ramp.over == 60s);
    CHECK_FALSE(ramp.regular);

    const auto spike = std::get<spike_arrivals>(
        parse_arrivals("spike(base=50/s, peak=200/s, at=30s, for=10s, regular)"));
    CHECK(spike.base == 50);
    CHECK(spike.peak == 200);
    CHECK(spike.at == 30s);
    CHECK(spike.length == 10s);
    CHECK(spike.regular);
}

TEST_CASE("arguments stand in any order by name, or in the form's order without") {
    CHECK(again("on_off(off_mean=15s, off=0/s, on_mean=10s, on=160/s)") ==
          "on_off(on=160/s, off=0/s, on_mean=10s, off_mean=15s)");
    CHECK(again("batches(100/s, 5)") == "batches(100/s, size=5)");
    CHECK(again(" ramp( 10/s , 100/s , 1m , regular ) ") ==
          "ramp(from=10/s, to=100/s, over=1m, regular)");
    CHECK(again("poisson(rate=200/s)") == "poisson(200/s)");
}

TEST_CASE("every example of the table is read, and written as it stands there") {
    for (const arrivals_form& form : arrivals_forms()) {
        INFO(form.example);
        CHECK(again(again(std::string(form.example))) == again(std::string(form.example)));
    }
}

TEST_CASE("users are written for people") {
    closed_users users{12, sim::distribution::exponential(1s)};
    CHECK(arrivals_text(users) == "12 users, think exponential(mean=1s)");
}

TEST_CASE("arrivals that cannot be read say how to write them") {
    CHECK(broken("poison(200/s)") ==
          "\"poison(200/s)\" says no way to arrive; there is constant(100/s), poisson(200/s), "
          "batches(100/s, size=5), on_off(on=160/s, off=20/s, on_mean=10s, off_mean=10s), "
          "ramp(from=10/s, to=100/s, over=60s), spike(base=50/s, peak=200/s, at=30s, for=10s)");
    CHECK(broken("poisson") ==
          "\"poisson\": its arguments stand in brackets: write poisson(200/s)");
    CHECK(broken("poisson()") == "poisson lacks the argument rate: write poisson(200/s)");
    CHECK(broken("poisson(200)") ==
          "poisson: rate: expected a rate such as \"200/s\", found \"200\": it has no unit");
    CHECK(broken("poisson(0/s)") == "poisson: rate must be above 0/s");
    CHECK(broken("poisson(1/s, 2/s)") == "poisson has no argument \"2/s\": write poisson(200/s)");
    CHECK(broken("poisson(rate=1/s, rate=2/s)") == "poisson: rate is given twice");
    CHECK(broken("batches(1/s, size=0)") ==
          "batches: size must be a whole number from 1 to 1000000");
    CHECK(broken("batches(1/s, size=2.5)") ==
          "batches: size must be a whole number from 1 to 1000000");
    CHECK(broken("batches(1/s, count=2)") ==
          "batches lacks the argument size: write batches(100/s, size=5)");
    CHECK(broken("ramp(from=0/s, to=0/s, over=1s)") ==
          "ramp: from and to are both 0/s, so nothing would ever arrive");
    CHECK(broken("ramp(from=0/s, to=1/s, over=0s)") == "ramp: over must be above 0s");
    CHECK(broken("spike(base=1/s, peak=2/s, at=1s)") ==
          "spike lacks the argument for: write spike(base=50/s, peak=200/s, at=30s, for=10s)");
    CHECK(broken("ramp(from=0/s, to=1/s, over=1s, reguler)") ==
          "ramp has no argument \"reguler\": write ramp(from=10/s, to=100/s, over=60s)");
}

TEST_CASE("rates and means that would make time stand still are refused, those at the bound not") {
    CHECK(broken("poisson(1000000000000/s)") ==
          "poisson: rate must be at most 100000000/s: time is counted in nanoseconds");
    CHECK(broken("constant(100000001/s)") != "no error");
    CHECK(broken("batches(100000001/s, size=10)") != "no error");
    CHECK(broken("ramp(from=0/s, to=100000001/s, over=1s)") != "no error");
    CHECK(broken("spike(base=0/s, peak=100000001/s, at=1s, for=1s)") != "no error");
    CHECK(broken("on_off(on=1/s, off=100000001/s, on_mean=1s, off_mean=1s)") != "no error");
    CHECK(broken("on_off(on=1/s, off=0/s, on_mean=1ns, off_mean=1ns)") ==
          "on_off: on_mean must be at least 1us");
    CHECK(broken("on_off(on=1/s, off=0/s, on_mean=1us, off_mean=999ns)") ==
          "on_off: off_mean must be at least 1us");
    CHECK(broken("poisson(100000000/s)") == "no error");
    CHECK(broken("on_off(on=1/s, off=0/s, on_mean=1us, off_mean=1us)") == "no error");
}

} // namespace windtunnel::scenario
