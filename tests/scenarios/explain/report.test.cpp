// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/report.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <nlohmann/json.hpp>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/reports/trace_search.hpp"
#include "support/repository.hpp"

namespace windtunnel::scenario::explain {

namespace {

using Catch::Matchers::Contains;

explained_run storm() {
    scenario_spec spec = load_scenario(test::in_repository("scenarios/retry-storm.json"));
    ask_for({}, spec);
    const replicated_result r = run_replications(spec, {.seed = 1});
    return {.file = "retry-storm.json",
            .scenario = r.merged.scenario,
            .variant = "",
            .reproduce = "",
            .seeds = r.merged.seeds,
            .why = explain_run(r.merged),
            .violated = first_violation(told(r.expectations), r.merged),
            .ablations = {}};
}

bool has_figure(const std::string& text) {
    return std::any_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

} // namespace

TEST_CASE("every sentence of an explanation cites a figure") {
    const explained_run run = storm();
    const auto all = sentences(run.why, run.violated);
    CHECK(all.size() > 8);
    for (const sentence& s : all) {
        INFO(s.text);
        CHECK(has_figure(s.text));
    }
    for (const sentence& s : sentences(explanation{}))
        CHECK(has_figure(s.text));
}

TEST_CASE("the first sentence of an explanation says where it began and why") {
    const explained_run run = storm();
    CHECK_THAT(sentences(run.why).front().text,
               Contains("database failed first, from 30s to 40s: it is up and stands still"));
}

TEST_CASE("an explanation points at the first violated expectation and its slowest traces") {
    const explained_run run = storm();
    REQUIRE(run.violated);
    CHECK(run.violated->expectation.text == "clients: recovers within 240s after 'outage'");
    REQUIRE(run.violated->slowest.size() == 3);
    CHECK(run.violated->slowest[0].length >= run.violated->slowest[2].length);
    CHECK_THAT(sentences(run.why, run.violated).back().text, Contains(run.violated->slowest[0].id));
}

TEST_CASE("an explanation as JSON has the figures of the sentences") {
    const auto document = nlohmann::json::parse(json_of({storm()}));
    const auto& e = document.at("explanations").at(0);
    CHECK(e.at("finding") == "failure");
    CHECK(e.at("metastable") == true);
    CHECK(e.at("symptoms").at(0).at("cause") == "pause");
    CHECK(e.at("symptoms").at(0).at("from") == 30.0);
    CHECK(e.at("sentences").size() > 8);
    CHECK(e.at("amplification").at(0).at("edge") == "clients->database.query");
    CHECK(e.at("ablations").is_null());
    CHECK(json_of({storm()}) == json_of({storm()}));
}

TEST_CASE("lines of an explanation fit the width") {
    const std::string text = text_of(storm(), {false, 60});
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', begin)) {
        CHECK(end - begin <= 66); // a word may be longer: an id
        begin = end + 1;
    }
}

} // namespace windtunnel::scenario::explain
