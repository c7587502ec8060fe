// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/key_text.hpp"

#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

using sim::key_distribution;

TEST_CASE("keys are read from their text, and what they say of themselves reads back") {
    CHECK(parse_keys("zipf(0.8, 10000)") == key_distribution::zipf(0.8, 10'000));
    CHECK(parse_keys(" uniform( 7 ) ") == key_distribution::uniform(7));
    for (const auto& keys : {key_distribution::zipf(1.1, 9), key_distribution::uniform(3)})
        CHECK(parse_keys(keys.describe()) == keys);
}

TEST_CASE("text that says no keys is refused with a remedy") {
    struct bad {
        std::string text, message;
    };
    const auto [text, message] = GENERATE(values<bad>({
        {"10000", "expected keys such as \"zipf(0.8, 10000)\""},
        {"zip(0.8, 10)", "did you mean \"zipf\"?"},
        {"zipf(0.8)", "zipf lacks the argument keys: write zipf(0.8, 10000)"},
        {"zipf(0.8, many)", "expected a whole number of keys such as 10000, found \"many\""},
        {"uniform(10, 20)", "uniform has no argument \"20\": write uniform(10000)"},
        {"uniform(0)", "keys: 0; must be from 1 to"},
    }));
    const auto file = parsed(R"({"key":")" + text + "\"}");
    const node& at = *file.root().find("key");
    CHECK_THAT(message_of([&] { keys_kind().read(at); }), Catch::Matchers::Contains(message));
}

TEST_CASE("a call says what it asks for") {
    const auto spec = topology_from(with_steps(R"-([{"call":"b.GET /","key":"uniform(5)"}])-"));
    const auto& call = std::get<call_step>(spec.services[0].endpoints[0].steps[0].what);
    CHECK(call.key == key_distribution::uniform(5));
}

} // namespace windtunnel::topology
