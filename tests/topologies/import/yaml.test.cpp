// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/yaml.hpp"

#include <catch2/catch.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

namespace {

document one(const std::string& text) {
    auto all = parse_yaml(text, "f.yaml");
    REQUIRE(all.size() == 1);
    return all.front();
}

std::string json_of(const std::string& text) {
    return one(text).root().text();
}

std::string refusal(const std::string& text) {
    return message_of([&] { (void)parse_yaml(text, "f.yaml"); });
}

} // namespace

TEST_CASE("YAML becomes the tree that the same JSON would be") {
    CHECK(json_of("a: 1\nb: [true, no, ~, text, '5', \"x\"]\nc:\n  d: 1.5e3\n") ==
          R"({"a":1,"b":[true,false,null,"text","5","x"],"c":{"d":1.5e3}})");
    CHECK(json_of(R"({"a": [1, {"b": null}]})") == R"({"a":[1,{"b":null}]})");
    CHECK(json_of("- 0x10\n- .5\n- 1_000\n- .nan\n- -.inf\n- 010\n- 1s\n") ==
          R"(["0x10",".5","1_000",".nan","-.inf","010","1s"])");
}

TEST_CASE("every value and key of YAML has its place") {
    const document file = one("# a comment\nouter:\n  - name: x\n    deep: {k: 5}\n");
    const node& item = file.root().find("outer")->children()[0];
    CHECK(item.find("name")->where().line == 3);
    CHECK(item.find("name")->where().column == 11);
    CHECK(item.find("deep")->find("k")->key_where().line == 4);
    CHECK(item.find("deep")->find("k")->key_where().column == 12);
    CHECK(item.find("deep")->find("k")->where().pointer == "/outer/0/deep/k");
}

TEST_CASE("a stream has several documents, empty ones left out") {
    const auto all = parse_yaml("a: 1\n---\n---\n# nothing\n---\nb: 2\n", "f.yaml");
    REQUIRE(all.size() == 2);
    CHECK(all[1].root().find("b")->where().line == 6);
    CHECK(parse_yaml("", "f.yaml").empty());
}

TEST_CASE("anchors, aliases and merge keys are resolved, what an object says itself goes before") {
    CHECK(json_of("base: &b {x: 1, y: 2}\nuse: *b\nmore:\n  <<: *b\n  y: 3\n") ==
          R"({"base":{"x":1,"y":2},"use":{"x":1,"y":2},"more":{"y":3,"x":1}})");
    CHECK(json_of("a: &a {x: 1}\nb: &b {x: 2, z: 9}\nc: {<<: [*a, *b]}\n") ==
          R"({"a":{"x":1},"b":{"x":2,"z":9},"c":{"x":1,"z":9}})");
}

TEST_CASE("what is no YAML, or too much of it, is refused at its place") {
    CHECK(refusal("a: [1, 2\nb: 3\n").starts_with("f.yaml:2:"));
    CHECK(refusal("a: [1, 2\nb: 3\n").find("this is not YAML: ") != std::string::npos);
    CHECK(refusal("a: 1\nb: 2\na: 3\n") ==
          "f.yaml:3:1: error: the key \"a\" stands here a second time; the first is in line 1");
    CHECK(refusal("? [1, 2]\n: 3\n") == "f.yaml:1:3: error: expected a key that is a text");
    CHECK(refusal("a: {<<: 5}\n") ==
          "f.yaml:1:9: error: expected an object, or a list of them, after \"<<\"");
    CHECK(refusal(std::string("a: \xff")) ==
          "f.yaml:1:4: error: the byte 0xFF is not UTF-8; save the file as UTF-8");
    std::string deep;
    for (int i = 0; i < 70; ++i)
        deep += "[";
    CHECK(refusal(deep + std::string(70, ']')) ==
          "f.yaml:1:66: error: nested deeper than 64 levels");
}

TEST_CASE("aliases of aliases cannot exhaust the program") {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
        for (int k = 1; k < 10; ++k)
            text += ", " + last;
        text += "]\n";
    }
    CHECK(refusal(text).find("more than 1000000 values in one file") != std::string::npos);
}

} // namespace windtunnel::topology
