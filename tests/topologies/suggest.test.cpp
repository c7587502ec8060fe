// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/suggest.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::topology {

TEST_CASE("the distance counts insertions, deletions, changes and swaps of neighbours") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("timeuot", "timeout") == 1);
    CHECK(edit_distance("ca", "abc") == 3); // optimal string alignment; 2 without its restriction
    CHECK(edit_distance("Timeout", "timeout") == 0);
}

TEST_CASE("the nearest name is suggested, and none when all are far") {
    const std::vector<std::string> names{"timeout", "total_timeout", "retry", "bulkhead"};
    CHECK(nearest("timeot", names) == "timeout");
    CHECK(nearest("retries", names) == "");
    CHECK(nearest("rety", names) == "retry");
    CHECK(nearest("bulk_head", names) == "bulkhead");
    CHECK(nearest("xyz", names) == "");
    CHECK(nearest("", names) == "");
    CHECK(nearest(std::string(101, 'a'), {std::string(101, 'a')}) == "");
}

} // namespace windtunnel::topology
