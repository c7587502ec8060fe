// SPDX-License-Identifier: BSL-1.0
#include "gui/model/health.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::gui {

TEST_CASE("a service is as ill as its worst sign") {
    struct row {
        health_signs signs;
        health expected;
        const char* reason;
    };
    const std::vector<row> table{
        {{}, health::idle, ""},
        {{.arrivals = 5, .answers = 5}, health::healthy, ""},
        {{.arrivals = 5, .answers = 5, .error_share = 0.009}, health::healthy, ""},
        {{.arrivals = 5, .answers = 5, .error_share = 0.02},
         health::strained,
         "2 % of its answers are errors"},
        {{.arrivals = 5, .answers = 5, .failed_share = 0.02},
         health::strained,
         "2 % of the calls to it fail"},
        {{.arrivals = 5, .answers = 5, .error_share = 0.1},
         health::failing,
         "10 % of its answers are errors"},
        {{.arrivals = 5, .answers = 5, .error_share = 0.1, .failed_share = 0.5},
         health::failing,
         "50 % of the calls to it fail"},
        {{.arrivals = 5, .answers = 5, .degraded_share = 0.5},
         health::strained,
         "50 % of its answers are degraded"},
        {{.arrivals = 5, .answers = 5, .utilisation = 0.86},
         health::strained,
         "its workers are busy 86 % of the time"},
        {{.arrivals = 5, .answers = 5, .queue = 8, .workers = 4},
         health::strained,
         "8 requests wait"},
        {{.arrivals = 5, .answers = 5, .queue = 7, .workers = 4}, health::healthy, ""},
        {{.arrivals = 5, .in_flight = 9}, health::healthy, ""},
        {{.in_flight = 10}, health::strained, "10 in flight, none was answered"},
        {{.replicas = 2, .down = 2, .arrivals = 5, .answers = 5, .error_share = 1},
         health::down,
         "no instance is up"},
        {{.replicas = 2, .down = 1, .paused = 1}, health::paused, "no instance proceeds"},
        {{.replicas = 3, .down = 1, .arrivals = 5, .answers = 5},
         health::strained,
         "1 of 3 instances are down"},
        {{.replicas = 3, .down = 1, .arrivals = 5, .answers = 5, .error_share = 0.3},
         health::failing,
         "30 % of its answers are errors"},
    };
    for (const row& r : table) {
        const diagnosis found = diagnose(r.signs);
        CHECK(to_string(found.state) == to_string(r.expected));
        CHECK(found.reason == r.reason);
    }
}

} // namespace windtunnel::gui
