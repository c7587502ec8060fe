// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/field_table.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "topologies/support.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

struct wheel {
    int spokes = 1;
};

struct vehicle {
    std::string name;
    std::optional<duration> age;
    std::vector<wheel> wheels;
    double load = 0;

    void validate() const {
        if (load > 0 && wheels.empty())
            throw std::invalid_argument("vehicle: no load without wheels");
    }
};

const field_table<wheel>& wheel_table() {
    static const auto table = field_table<wheel>("wheel", "A wheel.")
                                  .with("spokes", &wheel::spokes, count_kind(0, 100),
                                        {.help = "Its spokes.", .fallback = "1"});
    return table;
}

const field_table<vehicle>& vehicle_table() {
    static const auto table =
        field_table<vehicle>("vehicle", "Something that rolls.")
            .with("name", &vehicle::name, text_kind(), {.help = "Its name.", .required = true})
            .with("age", &vehicle::age, duration_kind(), {.help = "How old it is."})
            .with("load", [](vehicle& v) -> double& { return v.load; }, number_kind(0, 10),
                  {.help = "What it carries.", .fallback = "0"})
            .with("wheels", &vehicle::wheels, list_kind(wheel_table().kind()),
                  {.help = "Its wheels."});
    return table;
}

vehicle read(const std::string& text) {
    const document file = parsed(text);
    return vehicle_table().kind().read(file.root());
}

} // namespace

TEST_CASE("a table reads an object, and leaves alone what is absent") {
    const vehicle car =
        read(R"({"//":"a note","description":"a car","name":"x","age":"1d","load":2.5,
                 "wheels":[{"spokes":3},{}]})");
    CHECK(car.name == "x");
    CHECK(car.age == 24h);
    CHECK(car.load == 2.5);
    REQUIRE(car.wheels.size() == 2);
    CHECK(car.wheels[0].spokes == 3);
    CHECK(car.wheels[1].spokes == 1);
    CHECK_FALSE(read(R"({"name":"x"})").age);
}

TEST_CASE("a table reports all that is wrong with an object, at its place") {
    CHECK(message_of([] { read(R"({"nam":"x","wheels":[{"spokes":-1},7]})"); }) ==
          "file.json:1:1: error: vehicle lacks the key \"name\"\n"
          "file.json:1:2: error: unknown key \"nam\" in vehicle (at /nam); did you mean "
          "\"name\"?\n"
          "file.json:1:32: error: expected an integer from 0 to 100, found the number -1 (at "
          "/wheels/0/spokes)\n"
          "file.json:1:36: error: expected an object (wheel), found the number 7 (at /wheels/1)");
}

TEST_CASE("what an object says of itself as a whole has the last word") {
    CHECK(message_of([] { read(R"({"name":"x","load":1})"); }) ==
          "file.json:1:1: error: vehicle: no load without wheels");
}

TEST_CASE("the schema key is allowed at the root of a file and nowhere else") {
    CHECK(read(R"({"$schema":"s","name":"x"})").name == "x");
    CHECK(message_of([] { read(R"({"name":"x","wheels":[{"$schema":"s"}]})"); }) ==
          "file.json:1:24: error: unknown key \"$schema\" in wheel; known keys: spokes (at "
          "/wheels/0/$schema)");
}

TEST_CASE("a table describes itself as JSON Schema and as Markdown") {
    const std::vector<definition> all{vehicle_table().describe(), wheel_table().describe()};
    const auto schema = nlohmann::json::parse(json_schema("Vehicles", "vehicle", all));
    CHECK(schema.at("required") == nlohmann::json{"name"});
    CHECK(schema.at("additionalProperties") == false);
    CHECK(schema.at("/properties/wheels/items/$ref"_json_pointer) == "#/definitions/wheel");
    CHECK(schema.at("/definitions/wheel/properties/spokes/maximum"_json_pointer) == 100);
    CHECK(schema.at("/definitions/wheel/properties/spokes/description"_json_pointer) ==
          "Its spokes. Default: 1.");
    CHECK(schema.at("properties").contains("$schema"));
    CHECK_FALSE(schema.at("/definitions/wheel/properties"_json_pointer).contains("$schema"));
    CHECK(markdown_reference(all) == "### vehicle\n\nSomething that rolls.\n\n"
                                     "| key | value | default | meaning |\n|---|---|---|---|\n"
                                     "| `name` | text | *required* | Its name. |\n"
                                     "| `age` | duration |  | How old it is. |\n"
                                     "| `load` | number from 0 to 10 | 0 | What it carries. |\n"
                                     "| `wheels` | array of [wheel](#wheel) |  | Its wheels. |\n"
                                     "\n### wheel\n\nA wheel.\n\n"
                                     "| key | value | default | meaning |\n|---|---|---|---|\n"
                                     "| `spokes` | integer from 0 to 100 | 1 | Its spokes. |\n");
}

} // namespace windtunnel::topology
