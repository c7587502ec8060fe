// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/import/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "topologies/src/document_source.hpp"

namespace windtunnel::topology {

namespace {

location place(const std::string& file, const YAML::Mark& at) {
    return at.is_null() ? location{file, 0, 0, {}} : location{file, at.line + 1, at.column + 1, {}};
}

[[noreturn]] void fail_at(const std::string& file, const YAML::Mark& at, std::string message) {
    throw input_error(diagnostic{place(file, at), std::move(message), {}});
}

template <std::size_t N>
bool is_word_of(const std::string& text, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 9> trues{"true", "True", "TRUE", "yes", "Yes",
                                                "YES",  "on",   "On",   "ON"};
constexpr std::array<std::string_view, 9> falses{"false", "False", "FALSE", "no", "No",
                                                 "NO",    "off",   "Off",   "OFF"};

/// JSON's grammar, so that the text of the number can stand in a JSON file.
bool is_number(const std::string& text) {
    const bool begins = text.front() == '-' || (text.front() >= '0' && text.front() <= '9');
    return begins && nlohmann::json::accept(text);
}

} // namespace

/// Copies a tree of yaml-cpp's into one of ours.
class yaml_builder {
  public:
    explicit yaml_builder(const std::string& file) : file_(file) {}

    document build(const YAML::Node& root) { return document::adopt(file_, value(root, 0)); }

  private:
    node value(const YAML::Node& from, std::size_t depth) {
        if (++values_ > document::most_values)
            fail_at(file_, from.Mark(),
                    fmt::format("more than {} values in one file", document::most_values));
        if (depth > document::deepest)
            fail_at(file_, from.Mark(),
                    fmt::format("nested deeper than {} levels", document::deepest));
        node made;
        made.value_at_ = {from.Mark().line + 1, from.Mark().column + 1};
        if (from.IsScalar())
            scalar(from, made);
        else if (from.IsSequence())
            sequence(from, made, depth);
        else if (from.IsMap())
            map(from, made, depth);
        return made;
    }

    static void scalar(const YAML::Node& from, node& made) {
        const std::string& text = from.Scalar();
        const bool plain = from.Tag() == "?" || from.Tag().empty();
        if (plain && is_word_of(text, nulls))
            return;
        if (plain && (is_word_of(text, trues) || is_word_of(text, falses))) {
            made.kind_ = node::kind::boolean;
            made.boolean_ = is_word_of(text, trues);
        } else if (plain && is_number(text)) {
            number(text, made);
        } else {
            made.kind_ = node::kind::string;
            made.text_ = text;
        }
    }

    static void number(const std::string& text, node& made) {
        double value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        made.kind_ = node::kind::number;
        made.text_ = text;
        made.number_ = value;
        std::int64_t integer = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
        if (error == std::errc{} && end == text.data() + text.size())
            made.integer_ = integer;
    }

    void sequence(const YAML::Node& from, node& made, std::size_t depth) {
        made.kind_ = node::kind::array;
        for (const YAML::Node& each : from)
            made.children_.push_back(value(each, depth + 1));
    }

    void map(const YAML::Node& from, node& made, std::size_t depth) {
        made.kind_ = node::kind::object;
        std::vector<YAML::Node> merged;
        for (const auto& member : from) {
            if (!member.first.IsScalar())
                fail_at(file_, member.first.Mark(), "expected a key that is a text");
            if (member.first.Scalar() == "<<" && member.first.Tag() == "?")
                merged.push_back(member.second);
            else
                add(member.first, member.second, made, depth);
        }
        for (const YAML::Node& each : merged)
            merge(each, made, depth);
    }

    void add(const YAML::Node& key, const YAML::Node& from, node& made, std::size_t depth) {
        if (const node* first = made.find(key.Scalar()))
            fail_at(file_, key.Mark(),
                    fmt::format("the key {} stands here a second time; the first is in line {}",
                                in_quotes(key.Scalar()), first->key_at_.line));
        node child = value(from, depth + 1);
        child.key_ = key.Scalar();
        child.key_at_ = {key.Mark().line + 1, key.Mark().column + 1};
        made.children_.push_back(std::move(child));
    }

    /// `<<: *anchor`, or a list of them: what the object does not say itself.
    void merge(const YAML::Node& from, node& made, std::size_t depth) {
        if (from.IsSequence()) {
            for (const YAML::Node& each : from)
                merge(each, made, depth);
        } else if (from.IsMap()) {
            for (const auto& member : from)
                if (member.first.IsScalar() && made.find(member.first.Scalar()) == nullptr)
                    add(member.first, member.second, made, depth);
        } else {
            fail_at(file_, from.Mark(), "expected an object, or a list of them, after \"<<\"");
        }
    }

    std::string file_;
    std::size_t values_ = 0;
};

std::vector<document> parse_yaml(std::string_view text, const std::string& file) {
    std::vector<document> documents;
    try {
        const std::string checked(checked_input(text, file));
        for (const YAML::Node& each : YAML::LoadAll(checked))
            if (each.IsDefined() && !each.IsNull())
                documents.push_back(yaml_builder(file).build(each));
    } catch (const YAML::Exception& error) {
        fail_at(file, error.mark, "this is not YAML: " + error.msg);
    }
    return documents;
}

std::vector<document> load_yaml(const std::filesystem::path& path) {
    if (path.extension() == ".json")
        return {document::load(path)};
    return parse_yaml(read_input(path), path.string());
}

} // namespace windtunnel::topology
