// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/partitioner.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;

namespace {

log_record keyed(const std::string& key) {
    return {.key = key, .body = {.size = 100, .bytes = nullptr}};
}
std::vector<int> next(partitioner& p, int n) {
    std::vector<int> result;
    for (int i = 0; i < n; ++i)
        result.push_back(p.partition_of(keyed("")));
    return result;
}

} // namespace

TEST_CASE("a key has one partition, in every producer and on every machine") {
    partitioner a{{.partitions = 12}}, b{{.partitions = 12}, 5};
    for (int i = 0; i < 100; ++i) {
        const auto key = "cart-" + std::to_string(i);
        CHECK(a.partition_of(keyed(key)) == partition_of_key(key, 12));
        CHECK(b.partition_of(keyed(key)) == partition_of_key(key, 12));
    }
    CHECK(partition_of_key("cart-1", 12) == 0);
    CHECK(partition_of_key("anything", 1) == 0);
}

TEST_CASE("keys spread evenly") {
    std::vector<int> count(12);
    for (int i = 0; i < 12'000; ++i)
        ++count[static_cast<std::size_t>(partition_of_key("key" + std::to_string(i), 12))];
    for (const int n : count)
        CHECK(std::abs(n - 1000) < 150); // five standard deviations of 30
}

TEST_CASE("round robin takes the next partition each time") {
    partitioner p{{.partitions = 3, .without_key = keyless_partitioning::round_robin}, 4};
    CHECK(next(p, 5) == std::vector<int>{1, 2, 0, 1, 2});
}

TEST_CASE("sticky stays for the bytes of a batch") {
    partitioner p{{.partitions = 2, .sticky_bytes = 3 * (100 + 70)}};
    CHECK(next(p, 7) == std::vector<int>{0, 0, 0, 1, 1, 1, 0});
}

TEST_CASE("records without a body fill a batch by their framing") {
    partitioner p{{.partitions = 2, .sticky_bytes = 140}};
    std::vector<int> chosen;
    for (int i = 0; i < 5; ++i)
        chosen.push_back(p.partition_of({}));
    CHECK(chosen == std::vector<int>{0, 0, 1, 1, 0});
}
