// SPDX-License-Identifier: BSL-1.0
// A group of readers of one topic, "orders", and its answers as text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "patterns/messaging/consumer_group.hpp"

namespace windtunnel::test {

inline constexpr time_point start{std::chrono::seconds{100}};
inline constexpr consumer_group_options at_once{.initial_rebalance_delay = duration::zero()};
inline const topic_sizes four{{"orders", 4}};

inline group_subscription reader(const std::string& name, std::vector<topic_partition> owned = {}) {
    return {.member = name, .topics = {"orders"}, .owned = std::move(owned)};
}
inline topic_partition orders(int n) {
    return {"orders", n};
}
inline std::vector<topic_partition> partitions(const std::vector<int>& numbers) {
    std::vector<topic_partition> result;
    for (const int n : numbers)
        result.push_back(orders(n));
    return result;
}

/// "joined a 1", "assigned b 1 2": who got what answer in which generation, with how many.
inline std::vector<std::string> answers(consumer_group& g) {
    std::vector<std::string> result;
    while (const auto a = g.take_answer()) {
        const auto generation = " " + a->member + " " + std::to_string(a->generation);
        if (a->what == group_answer_kind::joined)
            result.push_back("joined" + generation + (a->leader ? " leads" : ""));
        else if (a->what == group_answer_kind::rejoin)
            result.push_back("rejoin" + generation);
        else
            result.push_back("assigned" + generation + " " + std::to_string(a->partitions.size()));
    }
    return result;
}
using texts = std::vector<std::string>;

inline group_status commit(consumer_group& g, const std::string& who, std::int32_t generation,
                           int partition, log_offset offset, time_point now = start) {
    const partition_offset o{orders(partition), offset};
    return g.commit(who, generation, {&o, 1}, now);
}

/// a and b are in, in generation 2, and stable.
inline void two_members(consumer_group& g) {
    g.join(reader("a"), start);
    g.join(reader("b"), start);
    g.join(reader("a"), start);
    for (const auto* name : {"b", "a"})
        REQUIRE(g.sync(name, g.generation(), start) == group_status::ok);
    REQUIRE(g.state() == group_state::stable);
    answers(g);
}

} // namespace windtunnel::test
