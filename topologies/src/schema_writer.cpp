// SPDX-License-Identifier: BSL-1.0
// The two descriptions that are made of a field table: JSON Schema and Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

namespace {

using json = nlohmann::ordered_json;

json schema_of_field(const described_field& field) {
    json schema = json::parse(field.schema);
    // In draft 7 whatever stands beside a $ref is ignored, so the reference is wrapped.
    if (schema.contains("$ref"))
        schema = json{{"allOf", json::array({schema})}};
    std::string text = field.help;
    if (!field.fallback.empty())
        text += " Default: " + field.fallback + ".";
    schema["description"] = text;
    return schema;
}

json schema_of_object(const definition& object, bool root) {
    json schema{{"type", "object"}, {"description", object.help}};
    json properties = json::object(), required = json::array();
    if (root)
        properties["$schema"] = json{{"type", "string"}};
    properties["description"] = json{{"type", "string"}};
    for (const described_field& each : object.fields) {
        properties[each.key] = schema_of_field(each);
        if (each.required)
            required.push_back(each.key);
    }
    schema["properties"] = std::move(properties);
    schema["patternProperties"] = json{{"^//", json::object()}};
    schema["additionalProperties"] = false;
    if (!required.empty())
        schema["required"] = std::move(required);
    return schema;
}

json schema_of(const definition& each, bool root) {
    if (!each.fields.empty())
        return schema_of_object(each, root);
    json schema = json::parse(each.schema);
    schema["description"] = each.help;
    return schema;
}

/// A word that has a section of its own becomes a link to it: in "array of `link`", "`retry` or
/// off".
std::string linked(const std::string& kind, const std::vector<definition>& all) {
    std::string text;
    std::istringstream words(kind);
    for (std::string word; words >> word;) {
        const bool has_section = std::any_of(
            all.begin(), all.end(), [&](const definition& each) { return each.name == word; });
        text += text.empty() ? "" : " ";
        text += has_section ? fmt::format("[{}](#{})", word, word) : word;
    }
    return text;
}

std::string table_row(const described_field& field, const std::vector<definition>& all) {
    const std::string fallback = field.required           ? "*required*"
                                 : field.fallback.empty() ? ""
                                                          : field.fallback;
    return fmt::format("| `{}` | {} | {} | {} |\n", field.key, linked(field.kind, all), fallback,
                       field.help);
}

} // namespace

std::string schema_reference(const std::string& name) {
    return R"({"$ref":"#/definitions/)" + name + "\"}";
}

std::string json_schema(const std::string& title, const std::string& root,
                        const std::vector<definition>& all) {
    json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
    json definitions = json::object();
    for (const definition& each : all) {
        if (each.name == root)
            schema.update(schema_of(each, true));
        definitions[each.name] = schema_of(each, false);
    }
    schema["definitions"] = std::move(definitions);
    return schema.dump(2) + "\n";
}

std::string markdown_reference(const std::vector<definition>& all) {
    std::string text;
    for (const definition& each : all) {
        text += fmt::format("{}### {}\n\n{}\n", text.empty() ? "" : "\n", each.name, each.help);
        if (each.fields.empty())
            continue;
        text += "\n| key | value | default | meaning |\n|---|---|---|---|\n";
        for (const described_field& field : each.fields)
            text += table_row(field, all);
    }
    return text;
}

std::string named_schema(const std::string& element_schema, const std::string& pattern) {
    json schema{{"type", "object"}, {"patternProperties", json{{"^//", json::object()}}}};
    if (!pattern.empty())
        schema["propertyNames"] = json{{"pattern", "^//|" + pattern}};
    schema["additionalProperties"] = json::parse(element_schema);
    return schema.dump();
}

std::vector<definition> quantity_definitions() {
    const auto pattern = [](const std::string& regex) {
        return json{{"type", "string"}, {"pattern", regex}}.dump();
    };
    const std::string number = R"([0-9]+(\.[0-9]+)?)";
    const json share{
        {"oneOf", json::array({json{{"type", "number"}, {"minimum", 0}, {"maximum", 1}},
                               json{{"type", "string"}, {"pattern", "^" + number + "%?$"}}})}};
    return {
        {"duration",
         "Text with units: ns, us, ms, s, m (or min), h, d, largest first (`250ms`, `1m30s`), or "
         "ISO 8601 (`PT1M30S`). Zero is `0s`.",
         {},
         pattern("^((" + number + "(ns|us|ms|s|m|min|h|d))+|P[0-9.DTHMS]+)$")},
        {"rate",
         "Text: a number per `/ms`, `/s`, `/min` (or `/m`), `/h` or `/d`, such as `200/s`.",
         {},
         pattern("^" + number + "/(ms|s|m|min|h|d)$")},
        {"size",
         "Text: bytes in B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB, such as "
         "`16KiB`.",
         {},
         pattern("^" + number + "([kKMGT]B|[KMGT]iB|B)$")},
        {"bandwidth",
         "Text: `10Mbit/s` (bit/s, kbit/s, Mbit/s, Gbit/s) or a size followed by `/s`, such as "
         "`125MB/s`.",
         {},
         pattern("^" + number + "([kMG]?bit|[kKMG]B|[KMG]iB|B)/s$")},
        {"share",
         "`\"5%\"` or a number from 0 to 1 such as `0.05`; never a bare 5.",
         {},
         share.dump()},
    };
}

} // namespace windtunnel::topology
