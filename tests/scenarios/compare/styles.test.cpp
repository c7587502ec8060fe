// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/styles.hpp"

#include <catch2/catch.hpp>

#include "scenarios/src/arrivals.hpp"

namespace windtunnel::scenario {

namespace {

/// Two ways, of which the first answers after so many seconds, and the second after 2.
styles_at_load at(double factor, double first, double failed_by_first = 0) {
    const auto way = [](topology::style s, double seconds, double errors) {
        style_phase p;
        p.name = "overall";
        p.p99 = p.done99 = seconds;
        p.errors = errors;
        p.cores = 1;
        return style_result{s, "", {p}, true};
    };
    return {
        factor,
        {way(topology::style::grpc, first, failed_by_first), way(topology::style::queue, 2, 0)}};
}

} // namespace

TEST_CASE("where the best way changes with the load is told for each question with two answers") {
    using sentences = std::vector<std::string>;
    CHECK(style_crossovers({at(0.5, 1), at(1, 1), at(2, 3, 0.5)}) ==
          sentences{"soonest answers (p99): grpc up to the load, queue from 2 times the load on",
                    "work done soonest (p99): grpc up to the load, queue from 2 times the load on",
                    "fewest failures: all alike up to the load, queue from 2 times the load on"});
    CHECK(style_crossovers({at(0.5, 1), at(1, 3), at(2, 1)}).front() ==
          "soonest answers (p99): grpc up to 0.5 times the load, queue up to the load, grpc from 2 "
          "times the load on");
    CHECK(style_crossovers({at(0.5, 1), at(1, 1)}).empty());
    CHECK(style_crossovers({}).empty());
}

TEST_CASE("who left work undone is neither soonest nor cheapest, and has failed at it") {
    auto all = at(1, 1).results;
    all[0].phases[0].undone = 0.1;
    all[0].phases[0].cores = 0.1;
    CHECK(best_styles(all, 0) == std::vector<std::string>{"grpc", "", "queue", ""});
    all.push_back(all[1]); // a third, slower and dearer
    all[2].style = topology::style::stream;
    all[2].phases[0].done99 = 3;
    all[2].phases[0].cores = 2;
    CHECK(best_styles(all, 0) ==
          std::vector<std::string>{"grpc", "queue", "queue, stream", "queue"});
}

TEST_CASE("ways within a hundredth of each other are the best together") {
    CHECK(best_styles(at(1, 2.015).results, 0).front().empty());
    CHECK(best_styles(at(1, 2.03).results, 0).front() == "queue");
}

TEST_CASE("arrivals are scaled in their pattern, and users in number") {
    CHECK(std::get<poisson_arrivals>(scaled(poisson_arrivals{100}, 1.5)).rate == 150);
    const auto spike = std::get<spike_arrivals>(scaled(spike_arrivals{10, 100, {}, {}}, 2));
    CHECK(spike.base == 20);
    CHECK(spike.peak == 200);
    closed_users users;
    users.count = 3;
    CHECK(std::get<closed_users>(scaled(users, 0.25)).count == 1);
    CHECK(std::get<closed_users>(scaled(users, 4)).count == 12);
}

} // namespace windtunnel::scenario
