// SPDX-License-Identifier: BSL-1.0
// Every option that is refused, and that the message names option, value and rule.
#include "patterns/discovery/load_balancer_options.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "patterns/discovery/load_balancer.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;
using o = load_balancer_options;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

struct bad {
    std::function<void(o&)> spoil;
    std::string message; ///< its start, after the name of the pattern
};

} // namespace

TEST_CASE("the load balancer refuses options that make no sense") {
    CHECK_NOTHROW(o{}.validate());
    const bad rows[] = {
        {[](o& x) { x.choices = 0; }, "choices is 0; it must be from 1 to 10"},
        {[](o& x) { x.choices = 11; }, "choices is 11"},
        {[](o& x) { x.load_refresh = 1s; },
         "load_refresh is 1s; it must be 0s where the load is not refreshed"},
        {[](o& x) { x.load = load_source::refreshed; },
         "load_refresh is 0s; it must be above 0 where the load is refreshed"},
        {[](o& x) { x.decay = 0s; }, "decay is 0s; it must be above 0"},
        {[](o& x) { x.default_rtt = 0s; }, "default_rtt is 0s; it must be above 0"},
        {[](o& x) { x.failure_penalty = -1ns; },
         "failure_penalty is -1ns; it must not be negative"},
        {[](o& x) { x.ring_min_size = 0; },
         "ring_min_size is 0; it must be from 1 to ring_max_size"},
        {[](o& x) { x.ring_min_size = 8'388'609; }, "ring_min_size is 8388609"},
        {[](o& x) { x.ring_max_size = 1023; }, "ring_min_size is 1024"},
        {[](o& x) { x.ring_max_size = 8'388'609; },
         "ring_max_size is 8388609; it must be from 1 to 8388608"},
        {[](o& x) { x.ring_points = 0; }, "ring_points is 0; it must be from 1 to 65536"},
        {[](o& x) { x.ring_points = 65'537; }, "ring_points is 65537"},
        {[](o& x) { x.maglev_table_size = 65'536; },
         "maglev_table_size is 65536; it must be a prime and at most 5000011"},
        {[](o& x) { x.maglev_table_size = 1; }, "maglev_table_size is 1"},
        {[](o& x) { x.maglev_table_size = 5'000'023; }, "maglev_table_size is 5000023"},
        {[](o& x) { x.maglev_table_size = 4'999'999 - 2; }, "maglev_table_size is 4999997"},
        {[](o& x) { x.hash_balance_factor = 99; },
         "hash_balance_factor is 99; it must be 0 (off) or from 100 to 10000"},
        {[](o& x) { x.hash_balance_factor = 10'001; }, "hash_balance_factor is 10001"},
        {[](o& x) { x.zone = -2; }, "zone is -2; it must be from 0 to 1023, or -1 for none"},
        {[](o& x) { x.zone = 1024; }, "zone is 1024"},
        {[](o& x) { x.min_cluster_size = 0; }, "min_cluster_size is 0; it must be at least 1"},
        {[](o& x) { x.zone_routing = 1.01; }, "zone_routing is 1.01; it must be from 0 to 1"},
        {[](o& x) { x.zone_routing = not_a_number; }, "zone_routing"},
        {[](o& x) { x.overprovisioning_factor = 0.9; },
         "overprovisioning_factor is 0.9; it must be 0 (off) or from 1 to 100"},
        {[](o& x) {
             x.overprovisioning_factor = 1.4;
             x.zone = 0;
         },
         "overprovisioning_factor is 1.4; it must be 0 where a zone is given"},
        {[](o& x) { x.panic_threshold = 101; }, "panic_threshold is 101; it must be from 0 to 100"},
        {[](o& x) { x.slow_start_window = -1s; },
         "slow_start_window is -1s; it must not be negative"},
        {[](o& x) { x.slow_start_aggression = 0; },
         "slow_start_aggression is 0; it must be above 0 and at most 100"},
        {[](o& x) { x.slow_start_aggression = not_a_number; }, "slow_start_aggression"},
        {[](o& x) { x.slow_start_min_weight_percent = 100.5; },
         "slow_start_min_weight_percent is 100.5; it must be from 0 to 100"},
        {[](o& x) { x.slow_start_min_weight_percent = -1; }, "slow_start_min_weight_percent is -1"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_WITH(options.validate(),
                          Catch::Matchers::StartsWith("load_balancer: " + message));
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
        CHECK_THROWS_AS(load_balancer(options, 2, {}), std::invalid_argument);
    }
}

TEST_CASE("the load balancer takes the edges of what is allowed") {
    o x;
    x.choices = 10;
    x.ring_min_size = x.ring_max_size = 1;
    x.maglev_table_size = 5'000'011;
    x.hash_balance_factor = 100;
    x.slow_start_min_weight_percent = 0;
    CHECK_NOTHROW(x.validate());
    x.maglev_table_size = 2;
    x.hash_balance_factor = 10'000;
    x.choices = 1;
    CHECK_NOTHROW(x.validate());
    CHECK(x == o(x));
    CHECK_FALSE(x == o{});
}

TEST_CASE("a load balancer refuses hosts that make no sense") {
    using hosts = std::vector<balancer_host>;
    const auto refused = [](const o& options, const hosts& some, const std::string& message) {
        CHECK_THROWS_WITH(load_balancer(options, some, {}), Catch::Matchers::Contains(message));
    };
    refused({}, {{.weight = 0}}, "weight: 0; must be from 1 to 1000000");
    refused({}, {{.weight = 1'000'001}}, "weight: 1000001");
    refused({}, {{.zone = -1}}, "zone: -1; must be from 0 to 1023");
    refused({}, {{.zone = 1024}}, "zone: 1024");
    refused({.policy = balancer_policy::maglev, .maglev_table_size = 2}, hosts(3),
            "hosts: 3; must be at most 2");
    CHECK_THROWS_WITH(load_balancer(balancer_policy::random, 0x80000001, {}),
                      Catch::Matchers::Contains("hosts: 2147483649; must be at most 2147483648"));
    load_balancer full({.policy = balancer_policy::maglev, .maglev_table_size = 2}, 2, {});
    CHECK_THROWS_AS(full.add_host(), std::invalid_argument);
    CHECK(full.hosts() == 2);
    CHECK_THROWS_AS(full.set_weight(0, 0), std::invalid_argument);
    CHECK(full.pick().has_value());
}

TEST_CASE("load sources have names") {
    CHECK(to_string(load_source::live) == "live");
    CHECK(to_string(load_source::refreshed) == "refreshed");
    CHECK(to_string(load_source::reported) == "reported");
}
