// SPDX-License-Identifier: BSL-1.0
#include "validation/check.hpp"

namespace windtunnel::validation {

TEST_CASE("One server queues as theory says") {
    check_table("single_server", half::quick);
}

TEST_CASE("Several servers queue, block and are balanced as theory says") {
    check_table("many_servers", half::quick);
}

TEST_CASE("Balancing by stale loads herds as published") {
    check_table("stale_loads", half::quick);
}

TEST_CASE("Processor sharing and priorities share a server as theory says") {
    check_table("disciplines", half::quick);
}

TEST_CASE("Networks of queues and closed systems behave as theory says") {
    check_table("networks", half::quick);
}

TEST_CASE("Fan-out waits for the slowest as theory says") {
    check_table("fan_out", half::quick);
}

TEST_CASE("Loads that change leave the backlog and the latencies that arithmetic says") {
    check_table("load_shapes", half::quick);
}

TEST_CASE("Retries multiply a load, and budgets and breakers bound it, as published") {
    check_table("retries", half::quick);
}

TEST_CASE("Optimistic writers who back off are done after as many calls as published") {
    check_table("optimistic_writes", half::quick);
}

TEST_CASE("Hedging cuts the tail for little load, as computed") {
    check_table("hedging", half::quick);
}

TEST_CASE("Overload outlives its cause under the conditions that are published") {
    check_table("metastability", half::quick);
}

TEST_CASE("A cache answers as often as theory says") {
    check_table("caches", half::quick);
}

TEST_CASE("What a service drops and refuses under overload is as published") {
    check_table("admission", half::quick);
}

TEST_CASE("A message over a link takes what the physics and SimGrid's models say") {
    check_table("links", half::quick);
}

TEST_CASE("Connections are set up, shared and filled in as many rounds as the protocols say") {
    check_table("connections", half::quick);
}

TEST_CASE("Messages wait, come again and are shared out as arithmetic says") {
    check_table("messaging", half::quick);
}

} // namespace windtunnel::validation
