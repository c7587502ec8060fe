// SPDX-License-Identifier: BSL-1.0
// What a terminal gets and a pipe does not: colours and progress.
#include <catch2/catch.hpp>
#include <csignal>

#include "cli/support.hpp"

namespace windtunnel::cli {

using Catch::Matchers::Contains;

namespace {

const std::string escape = "\x1b[";

process_options terminal(std::map<std::string, std::string> extra = {}) {
    extra.insert({"TERM", "xterm"});
    process_options options;
    options.extra = std::move(extra);
    options.on_terminal = true;
    return options;
}

} // namespace

TEST_CASE("a terminal gets colours, a pipe does not") {
    const std::vector<std::string> words{"run", data + "passes.json"};
    CHECK_THAT(windtunnel(words, terminal()).out, Contains(escape + "32m✓"));
    CHECK_THAT(windtunnel(words).out, !Contains(escape));
}

TEST_CASE("NO_COLOR, --no-color and a dumb terminal have none; FORCE_COLOR has some in a pipe") {
    const std::vector<std::string> words{"run", data + "passes.json"};
    auto plain = words;
    plain.push_back("--no-color");
    CHECK_THAT(windtunnel(words, terminal({{"NO_COLOR", "1"}})).out, !Contains(escape));
    CHECK_THAT(windtunnel(words, terminal({{"TERM", "dumb"}})).out, !Contains(escape));
    CHECK_THAT(windtunnel(plain, terminal()).out, !Contains(escape));
    CHECK_THAT(windtunnel(words, {.extra = {{"FORCE_COLOR", "1"}}}).out, Contains(escape));
    CHECK_THAT(windtunnel(words, {.extra = {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}}}).out,
               !Contains(escape));
}

TEST_CASE("a long run shows its progress on a terminal and clears it in the end") {
    process run(words_of({"run", data + "endless.json"}), terminal());
    REQUIRE(run.wait_for("events/s"));
    run.send(SIGINT);
    const auto end = run.finish();
    CHECK(end.code == 130);
    CHECK_THAT(end.out, Contains("endless: ") && Contains(" %  "));
    CHECK(end.out.rfind("\r\x1b[K") > end.out.rfind("events/s"));
}

TEST_CASE("a pipe gets no progress unless it asks for plain lines") {
    // Long enough on whatever machine: progress begins after a second.
    std::vector<std::string> words{"run", data + "endless.json", "--duration", "4000s"};
    auto silent = windtunnel(words);
    for (int seconds = 16'000; silent.took.count() < 1.5; seconds *= 4) {
        words.back() = std::to_string(seconds) + "s";
        silent = windtunnel(words);
    }
    CHECK(silent.err == "");
    auto asked = words;
    asked.insert(asked.end(), {"--progress", "plain"});
    const auto plain = windtunnel(asked);
    CHECK_THAT(plain.err, Contains("events/s") && !Contains(escape) && !Contains("\r"));
    CHECK(plain.out == silent.out);
}

TEST_CASE("a short run shows no progress") {
    CHECK_THAT(windtunnel({"run", data + "passes.json"}, terminal()).out, !Contains("events/s"));
}

} // namespace windtunnel::cli
