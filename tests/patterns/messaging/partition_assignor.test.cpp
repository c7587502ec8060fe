// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/partition_assignor.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;

namespace {

using names = std::vector<std::string>;

/// "t1-0 t1-1", in order.
std::string text(const std::vector<topic_partition>& partitions) {
    std::string result;
    for (const auto& p : partitions)
        result += (result.empty() ? "" : " ") + p.topic + "-" + std::to_string(p.partition);
    return result;
}

group_subscription reader(const std::string& name, const names& topics) {
    return {.member = name, .topics = topics, .owned = {}};
}

std::vector<std::string> texts(const group_assignment& assignment) {
    std::vector<std::string> result;
    for (const auto& [member, partitions] : assignment)
        result.push_back(member + ": " + text(partitions));
    return result;
}

std::vector<std::string> assigned(assignor_kind kind, const topic_sizes& sizes,
                                  const std::vector<group_subscription>& members) {
    return texts(assign(kind, sizes, members));
}

/// The members as they join again with what they got in `generation`.
std::vector<group_subscription> having(std::vector<group_subscription> members,
                                       const group_assignment& got, std::int32_t generation = 1) {
    for (auto& m : members)
        if (const auto at = got.find(m.member); at != got.end()) {
            m.owned = at->second;
            m.generation = generation;
        }
    return members;
}

std::vector<std::size_t> loads(const group_assignment& assignment) {
    std::vector<std::size_t> result;
    for (const auto& [member, partitions] : assignment)
        result.push_back(partitions.size());
    std::sort(result.begin(), result.end());
    return result;
}

constexpr auto by_range = assignor_kind::range;
constexpr auto round_robin = assignor_kind::round_robin;
constexpr auto sticky = assignor_kind::cooperative_sticky;

} // namespace

TEST_CASE("of 16 consumers of 12 partitions 4 are idle") {
    const auto kind = GENERATE(by_range, round_robin, sticky);
    std::vector<group_subscription> members;
    for (int i = 0; i < 16; ++i)
        members.push_back(reader("consumer-" + std::to_string(i), {"orders"}));
    const auto got = loads(assign(kind, {{"orders", 12}}, members));
    CHECK(std::count(got.begin(), got.end(), 0U) == 4);
    CHECK(std::count(got.begin(), got.end(), 1U) == 12);
}

TEST_CASE("range deals each topic by itself, in runs") {
    CHECK(assigned(by_range, {{"t1", 3}, {"t2", 3}},
                   {reader("c1", {"t1", "t2"}), reader("c2", {"t1", "t2"})}) ==
          names{"c1: t1-0 t1-1 t2-0 t2-1", "c2: t1-2 t2-2"});
    CHECK(assigned(by_range, {{"t1", 3}, {"t2", 2}},
                   {reader("c1", {"t1"}), reader("c2", {"t1", "t2"}), reader("c3", {"t1"})}) ==
          names{"c1: t1-0", "c2: t1-1 t2-0 t2-1", "c3: t1-2"});
    CHECK(assigned(by_range, {{"t1", 10}},
                   {reader("c1", {"t1"}), reader("c2", {"t1"}), reader("c3", {"t1"})}) ==
          names{"c1: t1-0 t1-1 t1-2 t1-3", "c2: t1-4 t1-5 t1-6", "c3: t1-7 t1-8 t1-9"});
}

TEST_CASE("with range the first members get the rest of each topic: 10 topics of 1 all to one") {
    topic_sizes sizes;
    names topics;
    for (int i = 0; i < 10; ++i) {
        topics.push_back("t" + std::to_string(i));
        sizes[topics.back()] = 1;
    }
    const std::vector<group_subscription> members{reader("c1", topics), reader("c2", topics)};
    CHECK(loads(assign(by_range, sizes, members)) == std::vector<std::size_t>{0, 10});
    CHECK(loads(assign(round_robin, sizes, members)) == std::vector<std::size_t>{5, 5});
    CHECK(loads(assign(sticky, sizes, members)) == std::vector<std::size_t>{5, 5});
}

TEST_CASE("round robin deals all topics in one row and passes over who does not read one") {
    CHECK(assigned(round_robin, {{"t1", 3}, {"t2", 3}},
                   {reader("c1", {"t1", "t2"}), reader("c2", {"t1", "t2"})}) ==
          names{"c1: t1-0 t1-2 t2-1", "c2: t1-1 t2-0 t2-2"});
    CHECK(assigned(round_robin, {{"t1", 3}, {"t2", 2}},
                   {reader("c1", {"t1"}), reader("c2", {"t1", "t2"}), reader("c3", {"t1"})}) ==
          names{"c1: t1-0", "c2: t1-1 t2-0 t2-1", "c3: t1-2"});
    CHECK(assigned(round_robin, {{"t0", 1}, {"t1", 2}, {"t2", 3}},
                   {reader("c0", {"t0"}), reader("c1", {"t0", "t1"}),
                    reader("c2", {"t0", "t1", "t2"})}) ==
          names{"c0: t0-0", "c1: t1-0", "c2: t1-1 t2-0 t2-1 t2-2"});
}

TEST_CASE("sticky balances where round robin cannot") {
    CHECK(assigned(sticky, {{"t0", 1}, {"t1", 2}, {"t2", 3}},
                   {reader("c0", {"t0"}), reader("c1", {"t0", "t1"}),
                    reader("c2", {"t0", "t1", "t2"})}) ==
          names{"c0: t0-0", "c1: t1-0 t1-1", "c2: t2-0 t2-1 t2-2"});
    const auto mixed =
        assign(sticky, {{"t1", 3}, {"t2", 2}},
               {reader("c1", {"t1"}), reader("c2", {"t1", "t2"}), reader("c3", {"t1"})});
    CHECK(text(mixed.at("c2")) == "t2-0 t2-1");
    CHECK(loads(mixed) == std::vector<std::size_t>{1, 2, 2});
    const names odd{"t1", "t3", "t5"}, all{"t1", "t2", "t3", "t4", "t5"};
    CHECK(loads(assign(sticky, {{"t1", 2}, {"t2", 1}, {"t3", 2}, {"t4", 1}, {"t5", 2}},
                       {reader("c1", all), reader("c2", odd), reader("c3", odd),
                        reader("c4", all)})) == std::vector<std::size_t>{2, 2, 2, 2});
}

TEST_CASE("when a member leaves, sticky gives away only what it had") {
    const topic_sizes sizes{{"t0", 2}, {"t1", 2}, {"t2", 2}, {"t3", 2}};
    const names all{"t0", "t1", "t2", "t3"};
    const std::vector<group_subscription> three{reader("c0", all), reader("c1", all),
                                                reader("c2", all)};
    const auto before = assign(round_robin, sizes, three);
    CHECK(texts(before) == names{"c0: t0-0 t1-1 t3-0", "c1: t0-1 t2-0 t3-1", "c2: t1-0 t2-1"});
    const auto after = assign(sticky, sizes, having({three[0], three[2]}, before));
    for (const auto* member : {"c0", "c2"})
        CHECK(std::includes(after.at(member).begin(), after.at(member).end(),
                            before.at(member).begin(), before.at(member).end()));
    CHECK(loads(after) == std::vector<std::size_t>{4, 4});
    // round robin moves t1-1, t3-0, t1-0 and t2-1 between the two that stayed
    CHECK(assigned(round_robin, sizes, {three[0], three[2]}) ==
          names{"c0: t0-0 t1-0 t2-0 t3-0", "c2: t0-1 t1-1 t2-1 t3-1"});
}

TEST_CASE("members come and go at one topic, and each keeps what it can") {
    const topic_sizes sizes{{"t", 3}};
    const auto alone = assign(sticky, sizes, {reader("c1", {"t"})});
    CHECK(texts(alone) == names{"c1: t-0 t-1 t-2"});
    const auto two =
        assign(sticky, sizes, having({reader("c1", {"t"}), reader("c2", {"t"})}, alone));
    CHECK(texts(two) == names{"c1: t-0 t-1", "c2: t-2"});
    CHECK(texts(assign(sticky, sizes, having({reader("c2", {"t"})}, two, 2))) ==
          names{"c2: t-0 t-1 t-2"});
}

TEST_CASE("topics come and go, and each member keeps what is left of its own") {
    const std::vector<group_subscription> two{reader("c1", {"t1", "t2"}),
                                              reader("c2", {"t1", "t2"})};
    const auto one_topic = assign(sticky, {{"t1", 3}}, two);
    CHECK(texts(one_topic) == names{"c1: t1-0 t1-2", "c2: t1-1"});
    const auto both = assign(sticky, {{"t1", 3}, {"t2", 3}}, having(two, one_topic));
    CHECK(texts(both) == names{"c1: t1-0 t1-2 t2-1", "c2: t1-1 t2-0 t2-2"});
    const auto other = assign(sticky, {{"t2", 3}}, having(two, both, 2));
    CHECK(texts(other) == names{"c1: t2-1", "c2: t2-0 t2-2"});
}

TEST_CASE("of two claims the newer generation counts, of two alike none") {
    const topic_sizes sizes{{"t", 4}};
    auto a = reader("a", {"t"}), b = reader("b", {"t"});
    a.owned = {{"t", 0}, {"t", 1}};
    b.owned = {{"t", 1}, {"t", 2}};
    a.generation = 5;
    b.generation = 4;
    CHECK(assigned(sticky, sizes, {a, b}) == names{"a: t-0 t-1", "b: t-2 t-3"});
    b.generation = 6;
    CHECK(assigned(sticky, sizes, {a, b}) == names{"a: t-0 t-3", "b: t-1 t-2"});
    a.owned = b.owned = {{"t", 0}, {"t", 1}, {"t", 2}, {"t", 3}};
    a.generation = 6;
    CHECK(loads(assign(sticky, sizes, {a, b})) == std::vector<std::size_t>{2, 2});
    CHECK(withhold_owned(assign(sticky, sizes, {a, b}), {a, b}) == assign(sticky, sizes, {a, b}));
}

TEST_CASE("what is owned and not there, or not read any more, is not kept") {
    auto a = reader("a", {"t"}), b = reader("b", {"t", "u"});
    a.owned = {{"u", 0}, {"t", 7}, {"gone", 0}, {"t", -1}, {"t", 0}};
    a.generation = 1;
    CHECK(assigned(sticky, {{"t", 1}, {"u", 1}}, {a, b}) == names{"a: t-0", "b: u-0"});
}

TEST_CASE("who reads nothing, or what is not there, gets nothing") {
    const auto kind = GENERATE(by_range, round_robin, sticky);
    CHECK(assigned(kind, {{"t", 2}}, {reader("a", {}), reader("b", {"gone"})}) ==
          names{"a: ", "b: "});
    CHECK(assign(kind, {{"t", 2}}, {}).empty());
    CHECK(assigned(kind, {}, {reader("a", {"t"})}) == names{"a: "});
}

TEST_CASE("in the first half of a cooperative rebalance nobody gets what another still has") {
    const topic_sizes sizes{{"t", 3}};
    const auto members =
        having({reader("a", {"t"}), reader("b", {"t"})}, {{"a", {{"t", 0}, {"t", 1}, {"t", 2}}}});
    const auto target = assign(sticky, sizes, members);
    CHECK(texts(target) == names{"a: t-0 t-1", "b: t-2"});
    const auto first = withhold_owned(target, members);
    CHECK(texts(first) == names{"a: t-0 t-1", "b: "});
    const auto again = having(members, first, 2); // a has given up t-2
    CHECK(texts(withhold_owned(assign(sticky, sizes, again), again)) ==
          names{"a: t-0 t-1", "b: t-2"});
}

TEST_CASE("assignors have names") {
    CHECK(to_string(by_range) == "range");
    CHECK(to_string(sticky) == "cooperative_sticky");
}
