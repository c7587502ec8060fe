// SPDX-License-Identifier: BSL-1.0
// What recording spans costs: at 1 % at most a tenth more instructions, and memory that does not
// grow with the number of requests.
#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <sys/resource.h>

#include "cli/support.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"

namespace windtunnel::cli {

namespace {

const std::string chain = test::in_repository("tests/data/traces/chain.json").string();

/// Instructions of a run, as callgrind counts them.
double instructions(const std::vector<std::string>& more) {
    std::vector<std::string> words{"/bin/sh", // Debian's valgrind is a script
                                   "/usr/bin/valgrind",
                                   "--tool=callgrind",
                                   "--callgrind-out-file=/dev/null",
                                   WINDTUNNEL_PROGRAM,
                                   "run",
                                   chain,
                                   "--summary",
                                   "off",
                                   "--progress",
                                   "none",
                                   "-j",
                                   "1",
                                   "--duration",
                                   "5s"};
    words.insert(words.end(), more.begin(), more.end());
    testing::process_options options;
    options.limit = std::chrono::minutes{10};
    const auto end = testing::run_process(words, options);
    INFO(end.err);
    CHECK(end.code == 0);
    const auto place = end.err.find("Collected : ");
    REQUIRE(place != std::string::npos);
    return std::stod(end.err.substr(place + 12));
}

std::uint64_t peak_mebibytes() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    return static_cast<std::uint64_t>(used.ru_maxrss) / 1024;
}

} // namespace

TEST_CASE("recording 1 % of the requests adds at most 10 % to the instructions of a run") {
    if (!std::ifstream("/usr/bin/valgrind").good()) {
        WARN("valgrind is not installed: not checked");
        return;
    }
    const double without = instructions({});
    const double with = instructions({"--variant", "recorded at 1 %"});
    const double all = instructions({"--variant", "recorded"});
    WARN("instructions: " << without << ", at 1 % times " << with / without << ", at 100 % times "
                          << all / without);
    CHECK(with <= 1.10 * without);
}

TEST_CASE("10,000,000 recorded requests take less than 500 MiB") {
    scenario::load_options how;
    how.variant = "recorded";
    how.length = std::chrono::seconds{10'000};
    const auto spec = scenario::load_scenario(chain, how);
    const auto run = scenario::run_replications(spec, {});
    CHECK(run.merged.traces->recorded > 9'950'000);
    CHECK(run.merged.traces->kept.size() <= 101 * 10 + 100 + 100);
    WARN(run.merged.traces->recorded << " requests: " << peak_mebibytes() << " MiB");
    CHECK(peak_mebibytes() < 500);
}

} // namespace windtunnel::cli
