// SPDX-License-Identifier: BSL-1.0
// The waterfall against its golden file: with WINDTUNNEL_UPDATE=1 in the environment this writes
// it.
#include "scenarios/src/reports/waterfall.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/trace_json.hpp"
#include "support/files.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario {

using Catch::Matchers::Contains;

namespace {

const std::filesystem::path folder = test::in_repository("tests/data/traces");

void check_golden(const std::string& name, const std::string& text) {
    INFO("run this test with WINDTUNNEL_UPDATE=1 to write " << name);
    CHECK(test::golden(folder / name, text) == text);
}

run_result run(const scenario_spec& spec, int replications = 1) {
    replication_options options;
    options.seed = 3;
    options.replications = replications;
    return run_replications(spec, options).merged;
}

run_result run_shop(const std::string& trace_context = "carry", int replications = 1) {
    load_options options;
    options.set.push_back(
        {"topology.services.web.trace_context", '"' + trace_context + '"', "test"});
    const scenario_spec spec = load_scenario(folder / "shop.json", options);
    return run(spec, replications);
}

const kept_trace& slowest_of(const run_result& run) {
    const auto found = find_trace({trace_wish::kind::slowest, {}}, run);
    REQUIRE(found.trace != nullptr);
    return *found.trace;
}

std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);)
        widest = std::max(widest, columns_of(line));
    return widest;
}

} // namespace

TEST_CASE("a waterfall shows every span, the critical path and what it was spent on") {
    const run_result run = run_shop();
    const std::string text = waterfall(run, slowest_of(run));
    check_golden("waterfall.txt", text);
    CHECK(widest_line(text) <= 80);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK_THAT(text, Contains("critical path (*): back-off 57.1 %"));
}

TEST_CASE("a waterfall of a broken trace says what broke it") {
    const run_result dropped = run_shop("drop"), alone = run_shop("x-trace-id");
    check_golden("waterfall-drop.txt",
                 waterfall(dropped, slowest_of(dropped)) + broken_text(*dropped.traces) + "\n");
    check_golden("waterfall-x-trace-id.txt",
                 waterfall(alone, slowest_of(alone)) + broken_text(*alone.traces) + "\n");
    CHECK(broken_text(*run_shop().traces).empty());
}

TEST_CASE("a waterfall fits any width, and in colours the path needs no mark") {
    const run_result run = run_shop();
    for (const std::size_t width : {40UL, 60UL, 100UL, 160UL}) {
        const std::string text = waterfall(run, slowest_of(run), {.width = width});
        INFO(text);
        CHECK(widest_line(text) <= std::max<std::size_t>(width, 57));
    }
    CHECK_THAT(waterfall(run, slowest_of(run), {.colours = true}), Contains("\x1b[1m"));
}

TEST_CASE("of several replications a waterfall says which it was in") {
    const run_result run = run_shop("carry", 3);
    CHECK_THAT(waterfall(run, slowest_of(run)), Contains("of replication 1 of 3, seed 3\n"));
}

TEST_CASE("a trace is found by what is said of it, in either case") {
    const run_result run = run_shop();
    const kept_trace& slow = slowest_of(run);
    CHECK(parse_trace_wish("Slowest").what == trace_wish::kind::slowest);
    CHECK(parse_trace_wish("FAILED").what == trace_wish::kind::failed);
    const std::string id = trace_id_text(slow.what.high, slow.what.low);
    std::string upper = id;
    for (char& c : upper)
        c = static_cast<char>(std::toupper(c));
    CHECK(find_trace(parse_trace_wish(upper), run).trace == &slow);
    CHECK(find_trace(parse_trace_wish(id.substr(0, 12)), run).trace == &slow);
    for (const char* bad : {"", "abc", "slow", "fail", "xyzt", "0123456789abcdef0123456789abcdef0"})
        CHECK_THROWS_AS(parse_trace_wish(bad), std::invalid_argument);
    CHECK_THROWS_WITH(parse_trace_wish("slowst"), Contains("did you mean SLOWEST?"));
}

TEST_CASE("where there is no such trace it says why") {
    const run_result run = run_shop();
    CHECK_THAT(find_trace(parse_trace_wish("failed"), run).problem,
               Contains("no recorded request failed: 500 of 500 traces were recorded"));
    CHECK_THAT(find_trace(parse_trace_wish("ffffffffffff"), run).problem,
               Contains("no trace that is over has an id that begins with \"ffffffffffff\""));
    run_result twice = run;
    twice.traces->kept.push_back(twice.traces->kept.front());
    const trace& first = twice.traces->kept.front().what;
    CHECK_THAT(
        find_trace({trace_wish::kind::id, trace_id_text(first.high, first.low)}, twice).problem,
        Contains("2 traces have an id that begins with"));
    run_result none = run;
    none.traces.reset();
    CHECK(find_trace({}, none).problem == "no traces were recorded");
}

TEST_CASE("the failed trace that is shown is the first that failed") {
    load_options options;
    options.set.push_back({"topology.services.web.endpoints.GET /.errors", "0.2", "test"});
    const scenario_spec spec = load_scenario(folder / "shop.json", options);
    const run_result ran = run(spec);
    const auto found = find_trace(parse_trace_wish("failed"), ran);
    REQUIRE(found.trace != nullptr);
    for (const kept_trace& each : ran.traces->kept)
        if (each.what.root().failed())
            CHECK(each.what.root().start >= found.trace->what.root().start);
    CHECK_THAT(waterfall(ran, *found.trace), Contains("users: web.GET / !error"));
}

TEST_CASE("traces are archived with all that they hold") {
    const run_result run = run_shop("drop", 2);
    const std::string bytes = to_archive(run);
    const run_result again = from_archive(bytes);
    CHECK(to_archive(again) == bytes);
    REQUIRE(again.traces->kept.size() == run.traces->kept.size());
    CHECK(waterfall(again, slowest_of(again)) == waterfall(run, slowest_of(run)));
    CHECK(again.traces->broken == run.traces->broken);
    CHECK(again.traces->origins.back().begun == 1000);
}

TEST_CASE("the JSON report names the slowest traces and the first failed ones") {
    const run_result run = run_shop();
    const auto block = traces_object(run);
    CHECK(block["version"] == 1);
    CHECK(block["begun"]["users"] == 500);
    CHECK(block["recorded"] == 500);
    CHECK(block["kept"] == run.traces->kept.size());
    CHECK(block["list"].size() <= 40);
    bool there = false;
    const trace& slow = slowest_of(run).what;
    for (const auto& each : block["list"])
        there = there || each["id"] == trace_id_text(slow.high, slow.low);
    CHECK(there);
    run_result none = run;
    none.traces.reset();
    CHECK(traces_object(none).is_null());
}

} // namespace windtunnel::scenario
