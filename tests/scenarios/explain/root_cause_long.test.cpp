// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "scenarios/explain/generated_faults.hpp"

namespace windtunnel::scenario::explain {

TEST_CASE("an explanation names the injected fault first in 95 % of 200 generated runs") {
    const char* other = std::getenv("WINDTUNNEL_EXPLAIN_SEED"); // else those of development
    const score found = score_of(other == nullptr ? 1000 : std::stoull(other), 50);
    std::cout << found.right << " of " << found.runs << '\n' << found.by_kind << found.wrong;
    CHECK(found.runs == 200);
    CHECK(found.right * 100 >= found.runs * 95);
}

} // namespace windtunnel::scenario::explain
