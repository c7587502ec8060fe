// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/replications.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <unistd.h>

#include "scenarios/catalogue/support.hpp"
#include "scenarios/format_support.hpp"
#include "scenarios/src/forked.hpp"
#include "scenarios/src/platform_check.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

/// A file that is removed at the end.
class scratch_file {
  public:
    explicit scratch_file(const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                ("windtunnel-" + std::to_string(getpid()) + ".xml")) {
        std::ofstream(path_) << text;
    }
    ~scratch_file() { std::filesystem::remove(path_); }
    scratch_file(const scratch_file&) = delete;
    scratch_file& operator=(const scratch_file&) = delete;
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

scenario_spec racks() {
    return shipped("two-racks", {.warmup = 1s, .length = 3s});
}

template <class Run>
topology::input_error refusal_of(Run&& run) {
    try {
        run();
    } catch (const topology::input_error& error) {
        return error;
    }
    FAIL("it was not refused");
    throw std::logic_error("not reached");
}

/// Both say the same.
std::string refusal_of_both(const scenario_spec& spec) {
    const auto early = refusal_of([&] { check_buildable(spec); });
    const auto late = refusal_of([&] { run_once(spec, 1); });
    CHECK(std::string(early.what()) == late.what());
    CHECK(early.diagnostics().size() == 1);
    CHECK(early.diagnostics()[0].where.pointer == "/platform");
    return early.what();
}

} // namespace

TEST_CASE("a platform file that is no XML is refused with what SimGrid says about it") {
    const scratch_file xml("<?xml version='1.0'?>\n<platform version=\"4.1\">\n  <zone\n");
    scenario_spec spec = racks();
    spec.topology.platform->file = xml.path();
    CHECK_THAT(refusal_of_both(spec), Contains("platform") && Contains(xml.path()));
}

TEST_CASE("a workload on a host without a route to its callee is refused before anything runs") {
    scenario_spec spec = racks();
    spec.topology.platform->hosts.push_back({"c1", 1e9});
    spec.topology.platform->placement["far images"] = {"c1"};
    CHECK_THAT(refusal_of_both(spec), Contains("\"far images\" calls \"web\"") &&
                                          Contains("no route leads from 'c1' to 'a1'"));
}

TEST_CASE("a placement on a host that is not there is refused") {
    scenario_spec spec = racks();
    spec.topology.platform->placement["far images"] = {"c1"};
    CHECK_THAT(refusal_of_both(spec), Contains("'c1'"));
    spec.topology.platform->placement.erase("far images");
    CHECK_THAT(refusal_of_both(spec), Contains("\"far images\" has no place"));
}

TEST_CASE("an error in a replication is thrown, though no other has found anything") {
    scenario_spec spec = shop_with(R"j({"warmup":"1s","duration":"9s","faults":[],"workload":[
        {"name":"users","to":"cart.GET /a: b","users":{"count":1,"think":"1s"}}]})j");
    spec.workloads[0].arrivals = closed_users{2, sim::distribution::constant(0ns)};
    CHECK_THAT(message_of([&] { run_once(spec, 1); }), Contains("time stands still at 0s"));
}

TEST_CASE("a run on a platform shows its progress and stops when it is asked to") {
    const scenario_spec spec =
        shipped("two-racks", {.set = {{"window", "10h", "here"}}, .length = 1000h});
    std::atomic<bool> stop = false;
    std::uint64_t events = 0;
    replication_options options;
    options.replications = 2;
    options.stop = &stop;
    options.progress = [&](const replication_progress& p) {
        CHECK(p.events >= events);
        events = p.events;
        stop = p.events > 0;
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto result = run_replications(spec, options);
    CHECK(std::chrono::steady_clock::now() - begin < 60s);
    CHECK(events > 0);
    CHECK(result.verdict == verdict::aborted);
    CHECK(result.seeds == std::vector<std::uint64_t>{1});
    CHECK(result.merged.workloads[0].sent > 0);
    CHECK(result.merged.ended > 0s);
}

TEST_CASE("a job in a child says how far it is, and is killed when it is deaf") {
    const auto answer = run_forked(
        [](shared_state& state) {
            while (!state.stop)
                ++state.events;
            return std::string("stopped");
        },
        [](shared_state& state) { state.stop = state.events > 0; });
    CHECK(answer == "stopped");
    const auto begin = std::chrono::steady_clock::now();
    const auto deaf = run_forked(
        [](shared_state&) {
            sleep(600);
            return std::string();
        },
        [](shared_state& state) { state.stop = true; });
    CHECK(!deaf);
    CHECK(std::chrono::steady_clock::now() - begin < 60s);
}

TEST_CASE("what a job in a child throws keeps its kind") {
    const auto look = [](shared_state&) {};
    const auto refusal = refusal_of([&] {
        run_forked(
            [](shared_state&) -> std::string {
                throw topology::input_error({{{"a.json", 3, 4, "/x"}, "wrong", "right"},
                                             {{"b.json", 0, 0, ""}, "\xff", ""}},
                                            7);
            },
            look);
    });
    REQUIRE(refusal.diagnostics().size() == 2);
    CHECK(refusal.omitted() == 7);
    CHECK(refusal.diagnostics()[0].text() ==
          "a.json:3:4: error: wrong (at /x); did you mean \"right\"?");
    CHECK_THROWS_AS(
        run_forked([](shared_state&) -> std::string { throw std::runtime_error("no"); }, look),
        sim::isolated_error);
    CHECK_THROWS_AS(run_forked([](shared_state&) -> std::string { std::abort(); }, look),
                    sim::isolated_crash);
}

} // namespace windtunnel::scenario
