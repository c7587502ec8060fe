// SPDX-License-Identifier: BSL-1.0
// Assignors over random groups: everything wanted is given once, to who reads it; loads are even;
// sticky ones move no more than they must.
#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/partition_assignor.hpp"

using namespace windtunnel;

namespace {

struct random_group {
    random_stream chance;
    topic_sizes sizes;
    std::vector<group_subscription> members;
    int joined = 0;
    std::int32_t generation = 0;

    random_group(std::uint32_t seed, int topics, int partitions) : chance(seed, "group") {
        for (int i = 0; i < topics; ++i)
            sizes["t" + std::to_string(i)] = 1 + below(partitions);
    }
    int below(int n) { return static_cast<int>(chance.below(static_cast<std::uint64_t>(n))); }

    std::vector<std::string> some_topics(double share) {
        std::vector<std::string> result;
        for (const auto& [topic, n] : sizes)
            if (chance.chance(share))
                result.push_back(topic);
        return result;
    }
    void join(double share) {
        members.push_back(
            {.member = "m" + std::to_string(100 + below(800)) + "-" + std::to_string(++joined),
             .topics = some_topics(share),
             .owned = {}});
    }
    void leave() {
        if (members.size() > 1)
            members.erase(members.begin() + below(static_cast<int>(members.size())));
    }
    void change(double share) {
        for (int i = below(3); i > 0; --i)
            leave();
        for (int i = below(3); i > 0; --i)
            join(share);
    }
    void adopt(const group_assignment& got, std::int32_t in) {
        for (auto& m : members) {
            m.owned = got.at(m.member);
            m.generation = in;
        }
    }
    bool reads(const group_subscription& m, const std::string& topic) const {
        return std::find(m.topics.begin(), m.topics.end(), topic) != m.topics.end();
    }
    std::set<topic_partition> wanted() const {
        std::set<topic_partition> result;
        for (const auto& m : members)
            for (const auto& topic : m.topics)
                for (int p = 0; p < sizes.at(topic); ++p)
                    result.insert({topic, p});
        return result;
    }
};

void check_complete(const random_group& g, const group_assignment& got) {
    std::set<topic_partition> given;
    RC_ASSERT(got.size() == g.members.size());
    for (const auto& m : g.members)
        for (const auto& p : got.at(m.member)) {
            RC_ASSERT(g.reads(m, p.topic));
            RC_ASSERT(given.insert(p).second);
        }
    RC_ASSERT(given == g.wanted());
}

std::size_t spread(const group_assignment& got) {
    std::size_t least = std::numeric_limits<std::size_t>::max(), most = 0;
    for (const auto& [member, partitions] : got) {
        least = std::min(least, partitions.size());
        most = std::max(most, partitions.size());
    }
    return most - least;
}

std::size_t kept(const random_group& g, const group_assignment& got) {
    std::size_t sum = 0;
    for (const auto& m : g.members)
        for (const auto& p : m.owned)
            sum += std::count(got.at(m.member).begin(), got.at(m.member).end(), p) > 0;
    return sum;
}

/// Everybody reads everything: each may keep its share, and so many one more.
std::size_t most_to_keep(const random_group& g) {
    const auto all = g.wanted().size(), n = g.members.size();
    std::size_t sum = 0, larger = 0;
    for (const auto& m : g.members) {
        sum += std::min(m.owned.size(), all / n);
        larger += m.owned.size() > all / n;
    }
    return sum + std::min(larger, all % n);
}

/// The least sum of squared loads that any assignment has, by trying all.
std::size_t least_squares(const random_group& g, std::vector<topic_partition> left,
                          std::vector<std::size_t> loads) {
    if (left.empty()) {
        std::size_t sum = 0;
        for (const auto n : loads)
            sum += n * n;
        return sum;
    }
    const auto p = left.back();
    left.pop_back();
    auto best = std::numeric_limits<std::size_t>::max();
    for (std::size_t i = 0; i < g.members.size(); ++i)
        if (g.reads(g.members[i], p.topic)) {
            ++loads[i];
            best = std::min(best, least_squares(g, left, loads));
            --loads[i];
        }
    return best;
}

} // namespace

TEST_CASE("every assignor gives each partition that is read to one member that reads it") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 5, 12};
        for (int i = 0; i < 8; ++i) {
            g.change(0.6);
            if (g.members.empty())
                g.join(0.6);
            for (const auto kind : {assignor_kind::range, assignor_kind::round_robin})
                check_complete(g, assign(kind, g.sizes, g.members));
            const auto got = assign(assignor_kind::cooperative_sticky, g.sizes, g.members);
            check_complete(g, got);
            g.adopt(got, i);
        }
    }));
}

TEST_CASE("where all read the same, loads differ by 1 at most and the least is moved") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 3, 20};
        g.join(1);
        for (int i = 0; i < 10; ++i) {
            g.change(1);
            if (g.chance.chance(0.2))
                g.sizes["t1"] += g.below(9); // the topic grows
            const auto got = assign(assignor_kind::cooperative_sticky, g.sizes, g.members);
            RC_ASSERT(spread(got) <= 1U);
            RC_ASSERT(kept(g, got) == most_to_keep(g));
            g.adopt(got, i);
        }
    }));
}

TEST_CASE("nothing moves when nothing has changed") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 5, 8};
        for (int i = 0; i < 6; ++i)
            g.join(0.5);
        const auto got = assign(assignor_kind::cooperative_sticky, g.sizes, g.members);
        g.adopt(got, 1);
        RC_ASSERT(assign(assignor_kind::cooperative_sticky, g.sizes, g.members) == got);
    }));
}

TEST_CASE("whatever each reads, no other assignment is more even") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 4, 2};
        for (int i = 0; i < 4; ++i)
            g.join(0.5);
        for (int i = 0; i < 3; ++i) {
            const auto got = assign(assignor_kind::cooperative_sticky, g.sizes, g.members);
            std::size_t squares = 0;
            for (const auto& [member, partitions] : got)
                squares += partitions.size() * partitions.size();
            const auto wanted = g.wanted();
            RC_ASSERT(squares == least_squares(g, {wanted.begin(), wanted.end()},
                                               std::vector<std::size_t>(g.members.size())));
            g.adopt(got, i);
            g.members[static_cast<std::size_t>(i)].topics = g.some_topics(0.5);
        }
    }));
}

TEST_CASE("the order in which members are listed does not matter") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 4, 9};
        for (int i = 0; i < 5; ++i)
            g.join(0.7);
        auto turned = g.members;
        std::rotate(turned.begin(), turned.begin() + 2, turned.end());
        for (const auto kind :
             {assignor_kind::range, assignor_kind::round_robin, assignor_kind::cooperative_sticky})
            RC_ASSERT(assign(kind, g.sizes, g.members) == assign(kind, g.sizes, turned));
    }));
}

namespace {

/// The members join, and again until nobody has anything to give up. How often.
int cooperative_rounds(random_group& g) {
    for (int round = 1;; ++round) {
        RC_ASSERT(round <= 10);
        const auto target = assign(assignor_kind::cooperative_sticky, g.sizes, g.members);
        const auto got = withhold_owned(target, g.members);
        std::set<topic_partition> held; // by who still has it, or has got it
        for (const auto& m : g.members) {
            std::set<topic_partition> own(m.owned.begin(), m.owned.end());
            own.insert(got.at(m.member).begin(), got.at(m.member).end());
            for (const auto& p : own)
                RC_ASSERT(held.insert(p).second);
        }
        g.adopt(got, ++g.generation);
        if (got == target) {
            check_complete(g, got);
            return round;
        }
    }
}

} // namespace

TEST_CASE("a cooperative rebalance is over after two rounds where all read the same") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 4, 9};
        g.join(1);
        for (int i = 0; i < 8; ++i) {
            g.change(1);
            RC_ASSERT(cooperative_rounds(g) <= 2);
        }
    }));
}

TEST_CASE("in a cooperative rebalance no partition has two owners at any time, and it ends") {
    REQUIRE(rc::check([](std::uint32_t seed) {
        random_group g{seed, 4, 9};
        g.join(0.7);
        for (int i = 0; i < 8; ++i) {
            g.change(0.7);
            RC_ASSERT(cooperative_rounds(g) <= 4);
        }
    }));
}
