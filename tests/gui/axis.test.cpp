// SPDX-License-Identifier: BSL-1.0
#include "gui/model/axis.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::gui {

namespace {

std::string labels(const std::vector<tick>& ticks) {
    std::string all;
    for (const tick& t : ticks)
        if (!t.label.empty())
            all += (all.empty() ? "" : " | ") + t.label;
    return all;
}

} // namespace

TEST_CASE("values have their unit and three digits") {
    CHECK(format_value(0, axis_unit::seconds) == "0 s");
    CHECK(format_value(0.000'25, axis_unit::seconds) == "250 us");
    CHECK(format_value(0.0123, axis_unit::seconds) == "12.3 ms");
    CHECK(format_value(0.9999, axis_unit::seconds) == "1 s");
    CHECK(format_value(7.004, axis_unit::seconds) == "7 s");
    CHECK(format_value(2e-9, axis_unit::seconds) == "2 ns");
    CHECK(format_value(3600, axis_unit::seconds) == "3600 s");
    CHECK(format_value(0.0512, axis_unit::share) == "5.12 %");
    CHECK(format_value(1, axis_unit::share) == "100 %");
    CHECK(format_value(1234, axis_unit::rate) == "1234/s");
    CHECK(format_value(12345, axis_unit::rate) == "12.3k/s");
    CHECK(format_value(2.5e6, axis_unit::none) == "2.5M");
    CHECK(format_value(45, axis_unit::clock) == "0:45");
    CHECK(format_value(150.5, axis_unit::clock) == "2:30.5");
    CHECK(format_value(59.97, axis_unit::clock) == "1:00");
}

TEST_CASE("linear ticks stand at round values") {
    CHECK(labels(linear_ticks(0, 1, 5, axis_unit::none)) == "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1");
    CHECK(labels(linear_ticks(0, 230, 5, axis_unit::rate)) == "0/s | 50/s | 100/s | 150/s | 200/s");
    CHECK(labels(linear_ticks(0.3, 0.9, 3, axis_unit::share)) == "40 % | 60 % | 80 %");
    CHECK(linear_ticks(1, 1, 5, axis_unit::none).empty());
}

TEST_CASE("ticks of a clock stand where clocks have them") {
    CHECK(labels(linear_ticks(0, 90, 6, axis_unit::clock)) ==
          "0:00 | 0:15 | 0:30 | 0:45 | 1:00 | 1:15 | 1:30");
    CHECK(labels(linear_ticks(0, 600, 5, axis_unit::clock)) ==
          "0:00 | 2:00 | 4:00 | 6:00 | 8:00 | 10:00");
}

TEST_CASE("logarithmic ticks label powers of ten, of a short range 2 and 5 as well") {
    CHECK(labels(log_ticks(1e-3, 1, axis_unit::seconds)) == "1 ms | 10 ms | 100 ms | 1 s");
    CHECK(labels(log_ticks(1e-3, 2e-2, axis_unit::seconds)) ==
          "1 ms | 2 ms | 5 ms | 10 ms | 20 ms");
    CHECK(log_ticks(1e-3, 1, axis_unit::seconds).size() == 28);
    CHECK(log_ticks(0, 1, axis_unit::seconds).empty());
}

TEST_CASE("rounding up gives 1, 2 or 5 times a power of ten") {
    CHECK(round_up(1) == Approx(1));
    CHECK(round_up(1.01) == Approx(2));
    CHECK(round_up(0.03) == Approx(0.05));
    CHECK(round_up(501) == Approx(1000));
}

} // namespace windtunnel::gui
