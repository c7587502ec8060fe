// SPDX-License-Identifier: BSL-1.0
#include <catch2/catch.hpp>

#include "scenarios/explain/generated_faults.hpp"

namespace windtunnel::scenario::explain {

TEST_CASE("an explanation names the injected fault first in nearly all of some generated runs") {
    const score found = score_of(1, 4);
    INFO(found.by_kind << found.wrong);
    CHECK(found.runs == 16);
    CHECK(found.right >= 15);
}

} // namespace windtunnel::scenario::explain
