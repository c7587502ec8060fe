// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/aggregation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <set>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point zero{};

part_options part(std::string name, part_need need = part_need::required,
                  std::vector<std::string> after = {}) {
    return {.name = std::move(name), .need = need, .after = std::move(after)};
}

aggregation_options one_shape(std::vector<part_options> parts, int max_parallel = 8) {
    return {.shapes = {{"web", std::move(parts)}}, .max_parallel = max_parallel};
}

std::vector<std::uint32_t> launched(const aggregation_step& step) {
    std::vector<std::uint32_t> parts;
    for (const auto& l : step.launch)
        parts.push_back(l.part);
    return parts;
}

using parts = std::vector<std::uint32_t>;

/// Runs one answer, finishing parts as `pick` says; checks what must always hold.
struct run {
    aggregation_state state;
    std::vector<std::string> degraded;

    run(const aggregation_options& o, const std::vector<part_result>& results,
        const std::vector<int>& picks) {
        aggregation a{o, 0};
        std::set<std::uint32_t> under_way;
        std::set<std::uint32_t> ever;
        const auto take = [&](const aggregation_step& step) {
            for (const auto i : step.cancel)
                RC_ASSERT(under_way.erase(i) == 1U);
            for (const auto i : launched(step)) {
                RC_ASSERT(ever.insert(i).second);
                under_way.insert(i);
            }
            RC_ASSERT(under_way.size() <= static_cast<std::size_t>(o.max_parallel));
            RC_ASSERT(static_cast<std::size_t>(a.in_flight()) == under_way.size());
            RC_ASSERT(step.state == a.state());
        };
        take(a.start(zero));
        for (std::size_t n = 0; !under_way.empty(); ++n) {
            auto next = under_way.begin();
            std::advance(next,
                         static_cast<std::size_t>(picks[n % picks.size()]) % under_way.size());
            const auto i = *next;
            under_way.erase(next);
            take(a.part_finished(i, results[i], zero));
        }
        RC_ASSERT(a.state() != aggregation_state::under_way);
        state = a.state();
        degraded = a.degraded();
    }
};

} // namespace

TEST_CASE("parts start in order within the bound, and the next when one ends") {
    const auto o = one_shape({part("a"), part("b"), part("c")}, 2);
    aggregation a{o, 0};
    CHECK(launched(a.start(zero)) == parts{0, 1});
    CHECK(launched(a.part_finished(1, part_result::ok, zero)) == parts{2});
    CHECK(a.part_finished(0, part_result::ok, zero).state == aggregation_state::under_way);
    CHECK(a.part_finished(2, part_result::ok, zero).state == aggregation_state::complete);
    CHECK(a.degraded().empty());
}

TEST_CASE("the first required part that fails cancels its siblings and late results are nothing") {
    const auto o = one_shape({part("a"), part("b"), part("c", part_need::optional), part("d")}, 3);
    aggregation a{o, 0};
    a.start(zero);
    const auto step = a.part_finished(1, part_result::failed, zero);
    CHECK(step.state == aggregation_state::failed);
    CHECK(step.cancel == parts{0, 2});
    CHECK(step.launch.empty());
    CHECK(a.failed_part() == 1);
    CHECK(a.state_of(3) == part_state::cancelled);
    const auto late = a.part_finished(0, part_result::ok, zero);
    CHECK(late.state == aggregation_state::under_way);
    CHECK(a.state() == aggregation_state::failed);
}

TEST_CASE("optional and cached parts that fail leave a partial answer that says so") {
    const auto o = one_shape({part("a"), part("b", part_need::optional),
                              part("c", part_need::cached), part("d", part_need::cached)});
    aggregation a{o, 0};
    a.start(zero);
    a.part_finished(0, part_result::ok, zero);
    a.part_finished(3, part_result::failed, zero);
    a.part_finished(2, part_result::failed_with_cached, zero);
    const auto end = a.part_finished(1, part_result::failed_with_cached, zero);
    CHECK(end.state == aggregation_state::partial);
    CHECK(a.degraded() == std::vector<std::string>{"b", "c", "d"});
    CHECK(a.state_of(1) == part_state::missing);
    CHECK(a.state_of(2) == part_state::stood_in);
}

TEST_CASE("a part waits for those that it comes after, and is missing where they are") {
    const auto o =
        one_shape({part("a", part_need::optional), part("b"), part("c", part_need::optional, {"a"}),
                   part("d", part_need::optional, {"b", "c"})});
    aggregation a{o, 0};
    CHECK(launched(a.start(zero)) == parts{0, 1});
    CHECK(launched(a.part_finished(0, part_result::failed, zero)).empty());
    CHECK(a.part_finished(1, part_result::ok, zero).state == aggregation_state::partial);
    CHECK(a.degraded() == std::vector<std::string>{"a", "c", "d"});
    const auto required = one_shape(
        {part("a", part_need::optional), part("b", part_need::required, {"a"}), part("c")});
    aggregation b{required, 0};
    b.start(zero);
    const auto step = b.part_finished(0, part_result::failed, zero);
    CHECK(step.state == aggregation_state::failed);
    CHECK(step.cancel == parts{2});
    CHECK(b.failed_part() == 1);
}

TEST_CASE("parts end by their own timeout or by the deadline less the reserve") {
    auto o = one_shape({part("a"), part("b", part_need::cached), part("c", part_need::optional)});
    o.deadline = 1s;
    o.reserve = 100ms;
    o.shapes[0].parts[1].timeout = 300ms;
    aggregation a{o, 0};
    const auto step = a.start(zero);
    CHECK(step.launch[0].deadline == zero + 900ms);
    CHECK(step.launch[1].deadline == zero + 300ms);
    CHECK(a.next_deadline() == zero + 300ms);
    const auto has = [](std::uint32_t) { return true; };
    CHECK(a.time_passed(zero + 299ms, has).cancel.empty());
    CHECK(a.time_passed(zero + 300ms, has).cancel == parts{1});
    CHECK(a.state_of(1) == part_state::stood_in);
    a.part_finished(0, part_result::ok, zero + 400ms);
    const auto end = a.time_passed(zero + 900ms, has);
    CHECK(end.cancel == parts{2});
    CHECK(end.state == aggregation_state::partial);
    CHECK(a.next_deadline() == never);
}

TEST_CASE("a caller that gives up cancels what is under way once") {
    const auto o = one_shape({part("a"), part("b")});
    aggregation a{o, 0};
    a.start(zero);
    CHECK(a.cancel().cancel == parts{0, 1});
    CHECK(a.cancel().cancel.empty());
    CHECK(a.failed_part() == -1);
}

TEST_CASE("each kind of client has its shape") {
    const aggregation_options o{
        .shapes = {{"mobile", {part("a")}}, {"web", {part("a"), part("b")}}}};
    CHECK(o.shape_of("web") == 1);
    CHECK(o.shape_of("tv") == -1);
    aggregation mobile{o, 0};
    CHECK(launched(mobile.start(zero)) == parts{0});
}

TEST_CASE("any order of completions gives the same answer within the bound") {
    rc::check([] {
        const auto count = *rc::gen::inRange(1, 9);
        std::vector<part_options> all;
        std::vector<part_result> results;
        for (int i = 0; i < count; ++i) {
            auto p = part(
                "p" + std::to_string(i),
                *rc::gen::element(part_need::required, part_need::optional, part_need::cached));
            for (int before = 0; before < i; ++before)
                if (*rc::gen::inRange(0, 4) == 0)
                    p.after.push_back("p" + std::to_string(before));
            all.push_back(std::move(p));
            results.push_back(
                *rc::gen::weightedElement<part_result>({{4, part_result::ok},
                                                        {1, part_result::failed},
                                                        {1, part_result::failed_with_cached}}));
        }
        const auto o = one_shape(all, *rc::gen::inRange(1, 5));
        const auto order = rc::gen::container<std::vector<int>>(20, rc::gen::inRange(0, 100));
        const run one{o, results, *order};
        const run other{o, results, *order};
        RC_ASSERT(one.state == other.state);
        if (one.state != aggregation_state::failed)
            RC_ASSERT(one.degraded == other.degraded);
    });
}

TEST_CASE("shapes that make no sense are refused") {
    const auto refusal = [](const aggregation_options& o) {
        try {
            o.validate();
        } catch (const std::invalid_argument& e) {
            return std::string{e.what()};
        }
        return std::string{"accepted"};
    };
    CHECK(refusal(one_shape({part("a"), part("a")})) ==
          "aggregation of web: part is a; it must have a name of its own: two would answer under "
          "one key");
    CHECK(refusal(one_shape({part("a", part_need::required, {"b"}), part("b")})) ==
          "aggregation of web: after is b; it must name a part that is given before a");
    CHECK(refusal(one_shape({part("a")}, 0)) ==
          "aggregation: max_parallel is 0; it must be 1 to 1000");
    CHECK(refusal({}) == "aggregation: shapes is 0; it must have at least one");
    auto late = one_shape({part("a")});
    late.reserve = late.deadline;
    CHECK(refusal(late) ==
          "aggregation: reserve is 3s; it must be at least 0 and below the deadline");
}
