// SPDX-License-Identifier: BSL-1.0
#include "gui/app/arguments.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

arguments parse(std::vector<const char*> words) {
    words.insert(words.begin(), "windtunnel-gui");
    return parse_arguments(static_cast<int>(words.size()), words.data());
}

int exit_code_of(const std::vector<const char*>& words) {
    try {
        parse(words);
    } catch (const no_run& answer) {
        CHECK_FALSE(answer.text.empty());
        return answer.exit_code;
    }
    return -1;
}

} // namespace

TEST_CASE("the window's command line has defaults") {
    const arguments a = parse({"a.json"});
    CHECK(a.scenario == "a.json");
    CHECK(a.variant.empty());
    CHECK_FALSE(a.seed);
    CHECK_FALSE(a.screenshot);
    CHECK(a.width == 1600);
    CHECK(a.height == 1000);
}

TEST_CASE("the window's command line says scenario, variant, seed and picture") {
    const arguments a =
        parse({"a.json", "--variant", "v 3", "--seed", "7", "--screenshot", "p.png", "--at",
               "1m30s", "--size", "800x600", "--scale", "2", "--pointer", "30,0"});
    CHECK(a.variant == "v 3");
    CHECK(a.seed == 7u);
    CHECK(a.screenshot == "p.png");
    CHECK(a.at == duration{90s});
    CHECK(a.width == 800);
    CHECK(a.height == 600);
    CHECK(a.scale == 2.F);
    CHECK(a.pointer == std::pair(30, 0));
}

TEST_CASE("the window's command line says panel, colours and whether the picture is checked") {
    const arguments a = parse(
        {"a.json", "--screenshot", "p.png", "--panel", "traces", "--theme", "light", "--check"});
    CHECK(a.panel == panel_choice::traces);
    CHECK(a.light);
    CHECK(a.check);
    CHECK(parse({"a.json"}).panel == panel_choice::all);
    CHECK(exit_code_of({"a.json", "--panel", "trace"}) == 2);
    CHECK(exit_code_of({"a.json", "--theme", "blue"}) == 2);
    CHECK(exit_code_of({"a.json", "--check"}) == 2);
}

TEST_CASE("a wrong command line of the window is refused with exit code 2, help is none") {
    CHECK(exit_code_of({}) == 2);
    CHECK(exit_code_of({"a.json", "--nope"}) == 2);
    CHECK(exit_code_of({"a.json", "--size", "800"}) == 2);
    CHECK(exit_code_of({"a.json", "--size", "10x10"}) == 2);
    CHECK(exit_code_of({"a.json", "--size", "800x600x"}) == 2);
    CHECK(exit_code_of({"a.json", "--at", "5s"}) == 2);
    CHECK(exit_code_of({"a.json", "--screenshot", "p.png", "--at", "5"}) == 2);
    CHECK(exit_code_of({"a.json", "--screenshot", "p.png", "--pointer", "5"}) == 2);
    CHECK(exit_code_of({"--help"}) == 0);
}

} // namespace windtunnel::gui
