// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/text.hpp"

#include <catch2/catch.hpp>

#include "scenarios/reports/sample.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"

namespace windtunnel::scenario {

using Catch::Matchers::Contains;

namespace {

const run_account account{"shop/slow.json", "windtunnel run shop/slow.json --seed 7"};

std::string report(const text_options& options = {}, run_status status = run_status::complete) {
    const auto spec = samples::scenario();
    auto result = samples::result(spec);
    result.status = status;
    if (status == run_status::aborted)
        result.ended = std::chrono::seconds{40};
    return text_report(spec, samples::checked(spec, result), account, options);
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        widest = std::max(widest, columns_of(text.substr(at, end - at)));
        at = end + 1;
    }
    return widest;
}

} // namespace

TEST_CASE("the text report, word for word") {
    CHECK("\n" + report() == R"(
A slow database
slow on shop, 1m after 5s of warm-up

  ✓ readers: p99 < 50ms before 'slow db'               p99 = 10 ms
  ✗ readers: errors(timed_out) < 10% during 'slow db'  errors(timed_out) = 54.55 %
  ✗ db: utilisation < 50%                              utilisation = 50 %
  ✓ web->db: attempts < 3                              attempts = 1.067
  ✓ readers: max < 3s after 'slow db'                  max = 10 ms

  workload  requests    rate  errors                p50      p95      p99      max
  readers        600  10.0/s  10.0 % timed_out  10.0 ms  10.0 ms  10.0 ms  10.0 ms
    before       150  10.0/s  0                 10.0 ms  10.0 ms  10.0 ms  10.0 ms
    during       110  11.0/s  54.5 % timed_out  10.0 ms  10.0 ms  10.0 ms  10.0 ms
    after        340  9.71/s  0                 10.0 ms  10.0 ms  10.0 ms  10.0 ms

  service    busy  waiting  mean wait  turned away  at worst
  web      50.0 %     0.50     500 us            1  before: 50.0 % busy, 0.50 waiting
  db       50.0 %     0.50     500 us            1  before: 50.0 % busy, 0.50 waiting

  call          calls  tries each  errors                p50      p99
  readers->web    600        1.00  10.0 % timed_out  10.0 ms  10.0 ms
  web->db         600        1.07  10.0 % timed_out  10.0 ms  10.0 ms

  policies of  what             let in  refused
  web->db      circuit_breaker     580       60  open 10.0 %, opened at 22.5 s

  fault    what     on  when
  slow db  latency  db  20s to 30s

✗ failed: 2 of 5 expectations did not hold
  seed 7, windtunnel 0.1.0
  windtunnel run shop/slow.json --seed 7
)");
}

TEST_CASE("the full report has every endpoint and what each expectation found, in words") {
    const std::string text = report({summary_size::full});
    CHECK_THAT(text, Contains("db.insert"));
    CHECK_THAT(text, Contains("p99 = 10 ms before 'slow db' of 150 requests"));
    CHECK_THAT(report(), !Contains("db.insert"));
    CHECK_THAT(text, Contains("bulkhead            100        0  0.10 in use"));
}

TEST_CASE("without a summary only the verdict is left, in a line, and how to get it again") {
    CHECK(report({summary_size::off}) == "✗ failed: slow, 2 of 5 expectations did not hold (seed "
                                         "7)\n  windtunnel run shop/slow.json --seed 7\n");
}

TEST_CASE("a run that was stopped says how far it came") {
    CHECK_THAT(report({}, run_status::aborted),
               Contains("? aborted: stopped at 40s of 1m5s: what was found until then"));
}

TEST_CASE("colours change nothing but add escapes, and none remain open at a line's end") {
    std::string painted = report({.colours = true});
    CHECK_THAT(painted, Contains("\x1b[32m✓\x1b[0m") && Contains("\x1b[1;31m✗ failed\x1b[0m"));
    for (std::size_t at = painted.find('\x1b'); at != std::string::npos; at = painted.find('\x1b'))
        painted.erase(at, painted.find('m', at) + 1 - at);
    CHECK(painted == report());
}

TEST_CASE("a workload that has an end is told of with the time that it took") {
    auto spec = samples::scenario();
    spec.workloads[0].limit = 650;
    auto result = samples::result(spec);
    result.workloads[0].done = std::chrono::seconds{12};
    const auto text = [&] {
        return text_report(spec, samples::checked(spec, result), account, {});
    };
    CHECK_THAT(text(), !Contains("done"));
    result.workloads[0].runs_done = 1;
    CHECK_THAT(text(), Contains("  readers: done after 12.0 s\n"));
}

TEST_CASE("the report fits the width where it can") {
    const auto width = GENERATE(100u, 80u, 70u);
    CHECK(widest_line(report({.width = width})) <= width);
}

TEST_CASE("a table leaves columns out before it cuts others, and cuts whole characters") {
    table t({{"name", false, column::fit::shrinks},
             {"count", true},
             {"more", false, column::fit::can_go}});
    t.row({{"a very long näme of something"}, {"12"}, {"extra words"}});
    t.row({{"b"}, {"1"}, {""}});
    const painter plain(false);
    CHECK(t.render(plain, 60) == "  name                           count  more\n"
                                 "  a very long näme of something     12  extra words\n"
                                 "  b                                  1\n");
    CHECK(t.render(plain, 40) == "  name                           count\n"
                                 "  a very long näme of something     12\n"
                                 "  b                                  1\n");
    CHECK(t.render(plain, 23) == "  name            count\n"
                                 "  a very long n…     12\n"
                                 "  b                   1\n");
}

TEST_CASE("cutting and wrapping count characters, not bytes") {
    CHECK(columns_of("näme…") == 5);
    CHECK(cut_to("nämen", 4) == "näm…");
    CHECK(cut_to("näme", 4) == "näme");
    CHECK(wrapped("one two three", 2, 9) == "  one two\n  three\n");
}

TEST_CASE("several runs are summed up in a line") {
    CHECK(text_total({verdict::passed, verdict::invalid_baseline, verdict::passed}, {}) ==
          "✗ 3 runs: 2 passed, 1 invalid baseline\n");
    CHECK(text_total({verdict::passed, verdict::passed}, {}) == "✓ 2 runs: 2 passed\n");
    CHECK(text_total({verdict::passed}, {}) == "✓ 1 run: 1 passed\n");
}

TEST_CASE("variants are compared in a table of one line each") {
    auto spec = samples::scenario();
    const auto result = samples::checked(spec, samples::result(spec));
    std::vector<compared_run> runs{compared(spec, result)};
    spec.variant = "with a timeout";
    runs.push_back(compared(spec, result));
    CHECK("\n" + text_comparison(runs, {}) == R"(
  variant         verdict     held  workload  requests  errors                p50      p99
  as it stands    ✗ failed  3 of 5  readers        600  10.0 % timed_out  10.0 ms  10.0 ms
  with a timeout  ✗ failed  3 of 5  readers        600  10.0 % timed_out  10.0 ms  10.0 ms
)");
    runs.back().scenario = "other";
    CHECK_THAT(text_comparison(runs, {}), Contains("  other: with a timeout  ✗ failed"));
}

TEST_CASE("the warm-up that was found is told, also where none is needed") {
    const auto spec = samples::scenario();
    auto result = samples::checked(spec);
    result.settled = warm_up{.length = result.merged.warmup, .pilots = 5};
    CHECK_THAT(text_report(spec, result, account, {}),
               Contains("slow on shop, 1m after 5s of warm-up (found in 5 pilot runs)\n"));
    result.merged.warmup = result.settled->length = {};
    CHECK_THAT(text_report(spec, result, account, {}),
               Contains("slow on shop, 1m (no warm-up is needed, as found in 5 pilot runs)\n"));
}

} // namespace windtunnel::scenario
