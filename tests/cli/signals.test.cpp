// SPDX-License-Identifier: BSL-1.0
// Stopping a run: partial results are written, and a second signal does not wait.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;
using Catch::Matchers::Contains;

namespace {

/// Signals a run that has begun (its progress tells) and waits for its end.
process_end stopped_by(int signal, std::vector<std::string> words) {
    words.insert(words.begin(), {"run", data + "endless.json", "--progress", "plain"});
    process run(words_of(words));
    REQUIRE(run.wait_for("events/s"));
    run.send(signal);
    return run.finish();
}

} // namespace

TEST_CASE("Ctrl-C stops a run, which writes what it has and exits with 130") {
    const scratch_folder folder;
    const auto end = stopped_by(SIGINT, {"-o", folder.file("r.json")});
    CHECK(end.code == 130);
    CHECK_THAT(end.out, Contains("? aborted: stopped at"));
    const json report = json::parse(content(folder.file("r.json")));
    CHECK(report["summary"]["verdict"] == "aborted");
    CHECK(report["run"]["complete"] == false);
    CHECK(report["summary"]["workloads"]["users"]["requests"] > 0);
}

TEST_CASE("SIGTERM does the same and exits with 143") {
    const auto end = stopped_by(SIGTERM, {"--format", "json", "--reps", "4", "-j", "2"});
    CHECK(end.code == 143);
    CHECK(json::parse(end.out)["summary"]["verdict"] == "aborted");
}

TEST_CASE("a signal stops a batch: what has not begun is left out") {
    const auto end = stopped_by(SIGINT, {data + "passes.json", "-j", "1", "--format", "json"});
    CHECK(end.code == 130);
    const json report = json::parse(end.out);
    CHECK(report["verdict"] == "aborted");
    CHECK(report["results"].size() == 1);
}

TEST_CASE("a second signal ends the program at once") {
    // A run whose one slice takes long: a thousandth of it is much work.
    process run(
        words_of({"run", data + "endless.json", "--progress", "plain", "-D", "duration=8000h"}));
    REQUIRE(run.wait_for("events/s"));
    run.send(SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    const auto sent = std::chrono::steady_clock::now();
    run.send(SIGINT);
    CHECK(run.finish().code == 130);
    CHECK(std::chrono::steady_clock::now() - sent < std::chrono::seconds{5});
}

} // namespace windtunnel::cli
