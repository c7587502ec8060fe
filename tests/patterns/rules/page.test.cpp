// SPDX-License-Identifier: BSL-1.0
// docs/patterns/rules.md and the tests belong together: each rule has tests that carry its number,
// each decision a test case whose name begins with its words.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/repository.hpp"

using namespace windtunnel;

namespace {

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// All tests of the pattern library, but this one.
std::string all_tests() {
    std::string all;
    const auto root = test::in_repository("tests/patterns");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        if (entry.path().extension() == ".cpp" && entry.path().filename() != "page.test.cpp")
            all += text_of(entry.path());
    return lower(all);
}

/// What stands between `open` and `close` at the beginning of each line that begins with `open`.
std::vector<std::string> between(const std::string& page, const std::string& open,
                                 const std::string& close) {
    std::vector<std::string> found;
    for (auto at = page.find("\n" + open); at != std::string::npos;
         at = page.find("\n" + open, at + 1)) {
        const auto begin = at + 1 + open.size();
        found.push_back(page.substr(begin, page.find(close, begin) - begin));
    }
    return found;
}

} // namespace

TEST_CASE("Every rule and every decision of the page has a test that is named after it") {
    const std::string page = text_of(test::in_repository("docs/patterns/rules.md"));
    const std::string tests = all_tests();
    const auto rules = between(page, "**R", ".");
    CHECK(rules.size() == 15);
    for (const auto& rule : rules) {
        CAPTURE(rule);
        CHECK(tests.find("\"r" + rule + ": ") != std::string::npos);
    }
    const auto decisions = between(page, "| **", "**");
    CHECK(decisions.size() == 17);
    for (const auto& decision : decisions) {
        CAPTURE(decision);
        CHECK(tests.find(lower("TEST_CASE(\"" + decision)) != std::string::npos);
    }
}
