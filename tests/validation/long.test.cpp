// SPDX-License-Identifier: BSL-1.0
#include "validation/check.hpp"

namespace windtunnel::validation {

TEST_CASE("One server under heavy load, bursts and heavy tails queues as theory says") {
    check_table("single_server", half::takes_long);
}

TEST_CASE("The tails of several servers and two choices of very many are as theory says") {
    check_table("many_servers", half::takes_long);
}

TEST_CASE("With stale loads two choices are better than three, and three than all") {
    check_table("stale_loads", half::takes_long);
}

TEST_CASE("Shared servers under variable service behave as theory says") {
    check_table("disciplines", half::takes_long);
}

TEST_CASE("A breaker trips after rare runs of failures as theory says") {
    check_table("retries", half::takes_long);
}

TEST_CASE("The far tail of hedged requests is as computed") {
    check_table("hedging", half::takes_long);
}

} // namespace windtunnel::validation
