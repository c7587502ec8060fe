// SPDX-License-Identifier: BSL-1.0
#include "gui/model/fault_bands.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

scenario::fault_spec fault(const char* name, duration at, std::optional<duration> length = {}) {
    scenario::fault_spec spec;
    spec.name = name;
    spec.at = at;
    spec.length = length;
    return spec;
}

} // namespace

TEST_CASE("a planned band ends with the fault, or with the run where the fault would go on") {
    scenario::scenario_spec spec;
    const auto planned_end = [&](duration at, std::optional<duration> length) {
        spec.faults = {fault("f", at, length)};
        const auto bands = fault_bands(spec, {}, 10s);
        REQUIRE(bands.size() == 1);
        CHECK(bands[0].begin == at);
        CHECK(bands[0].planned);
        return bands[0].end;
    };
    CHECK(planned_end(2s, 3s) == 5s);
    CHECK(planned_end(2s, 8s) == 10s);
    CHECK(planned_end(2s, 9s) == 10s);
    CHECK(planned_end(2s, std::nullopt) == 10s);
    CHECK(planned_end(2s, duration::max()) == 10s); // at + length is beyond all time
}

TEST_CASE("what was on comes after what is planned, with the number of its fault") {
    scenario::scenario_spec spec;
    spec.faults = {fault("a", 1s, 1s), fault("b", 3s)};
    scenario::run_result so_far;
    so_far.activations = {{"b", 1, 3s, 4s}};
    const auto bands = fault_bands(spec, so_far, 10s);
    REQUIRE(bands.size() == 3);
    CHECK(bands[2].fault == "b");
    CHECK(bands[2].number == 1);
    CHECK(bands[2].end == 4s);
    CHECK_FALSE(bands[2].planned);
}

} // namespace windtunnel::gui
