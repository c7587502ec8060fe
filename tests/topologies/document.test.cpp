// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/document.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <rapidcheck.h>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

std::string at(const location& where) {
    return std::to_string(where.line) + ":" + std::to_string(where.column) + " " + where.pointer;
}

const char* const sample = "{\n"
                           "  \"a\": [1, -2.5e3,\n"
                           "\t true],\n"
                           "  \"b\\u0041/~\" : {\"c\": null , \"d\":\"x\\\"y\"},\n"
                           "  \"\xC3\xA9\": \"\xC3\xA9\", \"last\": {}\n"
                           "}\n";

} // namespace

TEST_CASE("every value and key of a document knows its line, column and pointer") {
    const document file = parsed(sample);
    const node& root = file.root();
    CHECK(at(root.where()) == "1:1 ");
    const auto& a = *root.find("a");
    CHECK(at(a.key_where()) == "2:3 /a");
    CHECK(at(a.where()) == "2:8 /a");
    CHECK(at(a.children()[0].where()) == "2:9 /a/0");
    CHECK(at(a.children()[1].where()) == "2:12 /a/1");
    CHECK(at(a.children()[2].where()) == "3:3 /a/2");
    const auto& b = *root.find("bA/~");
    CHECK(at(b.key_where()) == "4:3 /bA~1~0");
    CHECK(at(b.where()) == "4:17 /bA~1~0");
    CHECK(at(b.find("c")->where()) == "4:23 /bA~1~0/c");
    CHECK(at(b.find("d")->key_where()) == "4:30 /bA~1~0/d");
    CHECK(at(b.find("d")->where()) == "4:34 /bA~1~0/d");
    CHECK(at(root.find("\xC3\xA9")->where()) == "5:8 /\xC3\xA9");
    CHECK(at(root.find("last")->key_where()) == "5:13 /last");
    CHECK(root.where().file == "file.json");
}

TEST_CASE("values keep their kind, their text and their order") {
    const document file =
        parsed(R"({"z": 1, "a": [12345678901234567890, 0.10, 7], "s": "\u00e9"})");
    const node& root = file.root();
    REQUIRE(root.children().size() == 3);
    CHECK(root.children()[0].key() == "z");
    const auto& numbers = root.find("a")->children();
    CHECK_FALSE(numbers[0].integer());
    CHECK(numbers[0].number() == Approx(1.2345678901234567e19));
    CHECK(numbers[1].number_text() == "0.10");
    CHECK_FALSE(numbers[1].integer());
    CHECK(numbers[2].integer() == 7);
    CHECK(root.find("s")->string() == "\xC3\xA9");
    CHECK(root.find("nothing") == nullptr);
    CHECK(root.text() == "{\"z\":1,\"a\":[12345678901234567890,0.10,7],\"s\":\"\xC3\xA9\"}");
    CHECK(parsed("[1,{}]").root().text(2) == "[\n  1,\n  {}\n]");
}

TEST_CASE("a file that is no JSON is refused with its place and a reason") {
    struct broken {
        std::string text, message;
    };
    const auto [text, message] = GENERATE(values<broken>({
        {"", "file.json:1:1: error: the file is empty; expected a JSON object"},
        {" \n ", "file.json:2:2: error: the file is empty; expected a JSON object"},
        {"\xEF\xBB\xBF", "file.json:1:1: error: the file is empty; expected a JSON object"},
        {"{\"a\": 1,\n \"a\": 2}",
         "file.json:2:2: error: the key \"a\" stands here a second time; the first is in line 1"},
        {"[1,,2]", "file.json:1:4: error: this is not JSON: unexpected ','; expected '[', '{', or "
                   "a literal"},
        {"{\"a\": 1 \"b\": 2}", "file.json:1:9: error: this is not JSON: unexpected string "
                                "literal; expected '}'"},
        {"{\"a\": tru}", "file.json:1:7: error: this is not JSON: invalid literal"},
        {"{\"a\": 'x'}",
         "file.json:1:7: error: text stands in double quotes in JSON, not in single ones"},
        {"{'a': 1}",
         "file.json:1:2: error: text stands in double quotes in JSON, not in single ones"},
        {"[1,\n]",
         "file.json:2:1: error: a comma before the closing ]: take it away, after the last "
         "element JSON has none"},
        {"{\"a\": 1, }", "file.json:1:10: error: a comma before the closing }: take it away, after "
                         "the last element JSON has none"},
        {"{\"a\": \"x\ny\"}",
         "file.json:1:7: error: this is not JSON: invalid string: control character U+000A (LF) "
         "must be escaped to \\u000A or \\n"},
        {"[1,\n2", "file.json:2:2: error: the text ends too early (unexpected end of input; "
                   "expected ']')"},
        {"{} {}", "file.json:1:4: error: more text after the end of the JSON value; a file holds "
                  "just one"},
        {"{ // note\n}", "file.json:1:3: error: comments are not part of JSON; write a note as a "
                         "key that begins with \"//\""},
        {"[1e999]", "file.json:1:2: error: the number is too large; numbers go up to about "
                    "1.8e308"},
        {"[\"\xFF\"]", "file.json:1:3: error: the byte 0xFF is not UTF-8; save the file as UTF-8"},
        {"[\"\xED\xA0\x80\"]",
         "file.json:1:3: error: the byte 0xED is not UTF-8; save the file as UTF-8"},
        {std::string("{}\0", 3), "file.json:1:3: error: a NUL byte: this is no text file, or it is "
                                 "UTF-16; save it as UTF-8"},
    }));
    CHECK(message_of([&, t = text] { parsed(t); }) == message);
}

TEST_CASE("control characters are refused but for lines and tabs in descriptions and notes") {
    const auto [text, message] = GENERATE(values<std::pair<std::string, std::string>>({
        {R"({"name": "a\u001b[31m"})",
         "file.json:1:10: error: the control character U+001B: take it out"},
        {R"({"a\u0007": 1})", "file.json:1:2: error: the control character U+0007: take it out"},
        {"[\"\xC2\x9B\"]", "file.json:1:2: error: the control character U+009B: take it out"},
        {"[\"\x7F\"]", "file.json:1:2: error: the control character U+007F: take it out"},
        {R"({"title": "one\ntwo"})",
         "file.json:1:11: error: the control character U+000A: take it out; only a "
         "description or a note has lines and tabs"},
        {R"({"description": "\r"})",
         "file.json:1:17: error: the control character U+000D: take it out"},
        {R"({"description": "one\n\ttwo", "// why": ["a\nb", "\tc"], "n": "\u00a0"})", "no error"},
    }));
    CHECK(message_of([&, t = text] { parsed(t); }) == message);
}

TEST_CASE("a byte order mark is skipped and does not count") {
    CHECK(at(parsed("\xEF\xBB\xBF{\"a\":1}").root().find("a")->key_where()) == "1:2 /a");
}

TEST_CASE("documents have limits: depth, size and number of values") {
    const auto nested = [](std::size_t levels) {
        return std::string(levels, '[') + std::string(levels, ']');
    };
    CHECK(message_of([&] { parsed(nested(64)); }) == "no error");
    CHECK(message_of([&] { parsed(nested(65)); }) ==
          "file.json:1:65: error: nested deeper than 64 levels");
    CHECK(message_of([&] { parsed(nested(10'000)); }) ==
          "file.json:1:65: error: nested deeper than 64 levels");
    CHECK(message_of([&] { parsed(std::string(document::largest + 1, ' ')); }) ==
          "file.json: error: larger than 16 MiB");
    std::string many = "[0";
    for (std::size_t i = 0; i < document::most_values; ++i)
        many += ",0";
    CHECK(message_of([&] { parsed(many + "]"); }) ==
          "file.json:1:2000000: error: more than 1000000 values in one file");
}

TEST_CASE("a file that cannot be read is refused by name, with the nearest one") {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("windtunnel-document-" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    const auto file = folder / "bookinfo.json";
    std::ofstream(file) << "{}";
    CHECK(document::load(file).root().is_object());
    CHECK(message_of([&] { document::load(folder / "bokinfo.json"); }) ==
          (folder / "bokinfo.json").string() + ": error: no such file; did you mean \"" +
              (folder / "bookinfo.json").string() + "\"?");
    CHECK(message_of([&] { document::load(folder); }) ==
          folder.string() + ": error: this is a folder; expected a file");
    if (::geteuid() != 0) {
        std::filesystem::permissions(file, std::filesystem::perms::none);
        CHECK(message_of([&] { document::load(file); }) ==
              file.string() + ": error: cannot be read: Permission denied");
    }
    std::filesystem::remove_all(folder);
}

TEST_CASE("merging follows the examples of RFC 7386") {
    struct example {
        std::string original, patch, result;
    };
    const auto [original, patch, result] = GENERATE(values<example>({
        {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
        {R"({"a":"b"})", R"({"a":null})", R"({})"},
        {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
        {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
        {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
        {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
        {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
        {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
        {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
        {R"({"a":"foo"})", R"(null)", R"(null)"},
        {R"({"a":"foo"})", R"("bar")", R"("bar")"},
        {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
        {R"([1,2])", R"({"a":"b","c":null})", R"({"a":"b"})"},
        {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
    }));
    CHECK(document::merge(parsed(original).root(), parsed(patch).root()).root().text() == result);
}

TEST_CASE("what a patch brings keeps its place in the patch's file, also when that is gone") {
    const auto merge = [] {
        const document base = document::parse("{\"a\":\n {\"x\": 1}, \"b\": 2}", "base.json");
        const document patch = document::parse("{\"p\": {\"a\": {\"y\": [5]}}}", "patch.json");
        return document::merge(base.root(), *patch.root().find("p"));
    };
    const document merged = merge();
    const node& a = *merged.root().find("a");
    CHECK(a.where().file == "base.json");
    CHECK(at(a.find("x")->where()) == "2:8 /a/x");
    CHECK(a.find("y")->where().file == "patch.json");
    CHECK(at(a.find("y")->children()[0].where()) == "1:20 /p/a/y/0");
}

TEST_CASE("a document can be embedded in another, under any key") {
    const document outer = document::parse(R"({"topology":"file","seed":1})", "outer.json");
    const document inner = document::parse(R"({"services":{}})", "inner.json");
    const document both = document::with(outer.root(), "topology", inner.root());
    CHECK(both.root().text() == R"({"topology":{"services":{}},"seed":1})");
    CHECK(both.root().find("topology")->where().file == "inner.json");
    CHECK(at(both.root().find("topology")->find("services")->where()) == "1:13 /services");
    CHECK(document::with(inner.root(), "new", *outer.root().find("seed")).root().text() ==
          R"({"services":{},"new":1})");
    CHECK(document::of(*both.root().find("topology")).root().text() == R"({"services":{}})");
}

TEST_CASE("text of any bytes is parsed or refused, never anything else") {
    CHECK(rc::check("random text over JSON's alphabet", [] {
        const auto text = *rc::gen::container<std::string>(
            rc::gen::elementOf(std::string("{}[]\",:0123.e-tfn\\u/ \n\xC3\xA9")));
        try {
            const document file = parsed(text);
            RC_ASSERT(parsed(file.root().text()).root().text() == file.root().text());
        } catch (const input_error& error) {
            RC_ASSERT(error.diagnostics().front().where.line > 0);
        }
    }));
}

TEST_CASE("an error prints its place, its message and its suggestion, on a line each") {
    const diagnostic first{{"f.json", 3, 7, "/a/b"}, "unknown key \"x\"", "y"};
    const diagnostic second{{}, "something else", {}};
    const input_error error({first, second});
    CHECK(std::string(error.what()) ==
          "f.json:3:7: error: unknown key \"x\" (at /a/b); did you mean \"y\"?\n"
          "error: something else");
    const input_error many(std::vector<diagnostic>(25, second));
    CHECK(many.diagnostics().size() == input_error::limit);
    CHECK(many.omitted() == 5);
    CHECK(std::string(many.what()).find("\n5 more errors are not shown") != std::string::npos);
}

TEST_CASE("a place is told without the control characters of a file's name") {
    CHECK(location{"a\x1b[31m\n::error::b", 3, 7, ""}.text() ==
          "a\\u001b[31m\\u000a::error::b:3:7");
}

TEST_CASE("what a user wrote is quoted without control characters and cut between characters") {
    CHECK(in_quotes("a\x1b[31m\n") == "\"a\\u001b[31m\\u000a\"");
    const std::string accents = [] {
        std::string text = "x";
        for (int i = 0; i < 40; ++i)
            text += "\xC3\xA9";
        return text;
    }();
    const std::string shown = in_quotes(accents);
    CHECK(shown.size() < 70);
    CHECK(message_of([&] { parsed("[" + shown + "]"); }) == "no error");
}

} // namespace windtunnel::topology
