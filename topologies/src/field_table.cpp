// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/field_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace windtunnel::topology {

namespace {

/// A value that is text of a grammar of its own.
template <class V>
value_kind<V> quantity_kind(const std::string& name, V (*parse)(std::string_view)) {
    return {name, schema_reference(name), [name, parse](const node& at) -> V {
                if (at.is_number())
                    fail(at, fmt::format("expected a {}, found {}: write it as text, with its unit",
                                         name, at.describe()));
                if (!at.is_string())
                    fail_expected(at, name);
                return located(at, [&] { return parse(at.string()); });
            }};
}

/// The same, but zero is refused.
template <class V>
value_kind<V> positive(value_kind<V> kind) {
    kind.read = [read = kind.read, name = kind.name](const node& at) {
        const V value = read(at);
        if (value == V{})
            fail(at, fmt::format("expected a {} above zero, found {}", name, at.describe()));
        return value;
    };
    return kind;
}

std::string with_article(const std::string& name) {
    const bool vowel = std::string_view("aeiou").find(name.front()) != std::string_view::npos;
    return (vowel ? "an " : "a ") + name;
}

} // namespace

void fail_expected(const node& at, const std::string& name) {
    fail(at, fmt::format("expected {}, found {}", with_article(name), at.describe()));
}

value_kind<std::string> reference_kind(std::string what) {
    return {what, R"({"type":"string","minLength":1})", [what](const node& at) {
                if (!at.is_string() || at.string().empty())
                    fail_expected(at, what);
                return at.string();
            }};
}

value_kind<std::string> text_kind() {
    return reference_kind("text");
}

value_kind<bool> boolean_kind() {
    return {"true or false", R"({"type":"boolean"})", [](const node& at) {
                if (!at.is_boolean())
                    fail(at, "expected true or false, found " + at.describe());
                return at.boolean();
            }};
}

value_kind<duration> duration_kind(zero z) {
    const auto kind = quantity_kind("duration", parse_duration);
    return z == zero::allowed ? kind : positive(kind);
}

value_kind<duration> duration_or(const std::string& word, duration meaning, zero z) {
    const auto plain = duration_kind(z);
    return {"duration or " + word, R"({"anyOf":[{"const":")" + word + "\"}," + plain.schema + "]}",
            [=](const node& at) {
                return at.is_string() && at.string() == word ? meaning : plain.read(at);
            }};
}

value_kind<std::uint64_t> size_kind(zero z) {
    const auto kind = quantity_kind("size", parse_size);
    return z == zero::allowed ? kind : positive(kind);
}

value_kind<double> bandwidth_kind() {
    return positive(quantity_kind("bandwidth", parse_bandwidth));
}

value_kind<double> share_kind() {
    return {"share", schema_reference("share"), [](const node& at) {
                if (at.is_number() && at.number() >= 0 && at.number() <= 1)
                    return at.number();
                if (at.is_number())
                    fail(at, fmt::format("expected a share, found {}: write \"5%\" or 0.05",
                                         at.describe()));
                if (!at.is_string())
                    fail_expected(at, "share");
                return located(at, [&] { return parse_share(at.string()); });
            }};
}

value_kind<double> number_kind(double least, double most) {
    const bool open = most >= std::numeric_limits<double>::max();
    const std::string name = open ? fmt::format("number of at least {}", least)
                                  : fmt::format("number from {} to {}", least, most);
    const std::string schema =
        open ? fmt::format(R"({{"type":"number","minimum":{}}})", least)
             : fmt::format(R"({{"type":"number","minimum":{},"maximum":{}}})", least, most);
    return {name, schema, [name, least, most](const node& at) {
                if (!at.is_number() || at.number() < least || at.number() > most)
                    fail_expected(at, name);
                return at.number();
            }};
}

value_kind<std::int64_t> integer_kind(std::int64_t least, std::int64_t most) {
    const bool open = most >= std::numeric_limits<std::int32_t>::max();
    const std::string name = open ? fmt::format("integer of at least {}", least)
                                  : fmt::format("integer from {} to {}", least, most);
    const std::string schema =
        fmt::format(R"({{"type":"integer","minimum":{},"maximum":{}}})", least, most);
    return {name, schema, [name, least, most](const node& at) {
                if (!at.is_number() || !at.integer() || *at.integer() < least)
                    fail_expected(at, name);
                if (*at.integer() > most)
                    fail(at, fmt::format("expected at most {}, found {}", most, at.describe()));
                return *at.integer();
            }};
}

std::size_t read_name(const node& at, const std::vector<std::string>& names) {
    const std::string expected = fmt::format("expected one of {}", fmt::join(names, ", "));
    if (!at.is_string())
        fail(at, fmt::format("{}, found {}", expected, at.describe()));
    const auto found = std::find(names.begin(), names.end(), at.string());
    if (found == names.end())
        fail(at, fmt::format("{}, found {}", expected, in_quotes(at.string())),
             nearest(at.string(), names));
    return static_cast<std::size_t>(found - names.begin());
}

value_kind<std::size_t> name_kind(std::vector<std::string> names) {
    std::string schema = fmt::format(R"({{"enum":["{}"]}})", fmt::join(names, R"(",")"));
    return {fmt::format("{}", fmt::join(names, " \\| ")), std::move(schema),
            [names](const node& at) { return read_name(at, names); }};
}

void expect_array(const node& at, const std::string& of) {
    if (!at.is_array())
        fail(at, fmt::format("expected an array ({}), found {}", of, at.describe()));
}

void expect_object(const node& at, const std::string& name) {
    if (!at.is_object())
        fail(at, fmt::format("expected an object ({}), found {}", name, at.describe()));
}

bool is_note(const node& member) {
    return member.key().starts_with("//") || member.key() == "description";
}

void check_keys(const node& object, const std::string& in,
                const std::vector<described_field>& fields, error_collector& errors,
                const std::vector<misplaced_key>& misplaced) {
    std::vector<std::string> known;
    for (const described_field& each : fields)
        known.push_back(each.key);
    const bool is_root = object.where().pointer.empty();
    for (const node& member : object.children()) {
        if (is_note(member) || (is_root && member.key() == "$schema") ||
            std::find(known.begin(), known.end(), member.key()) != known.end())
            continue;
        std::string near = nearest(member.key(), known);
        std::string message = fmt::format("unknown key {} in {}", in_quotes(member.key()), in);
        const auto elsewhere =
            std::find_if(misplaced.begin(), misplaced.end(),
                         [&](const misplaced_key& each) { return each.key == member.key(); });
        if (elsewhere != misplaced.end()) {
            message += ": " + elsewhere->belongs;
            near.clear();
        } else if (near.empty())
            message += fmt::format("; known keys: {}", fmt::join(known, ", "));
        errors.run([&] { fail_key(member, message, near); });
    }
    const node* note = object.find("description");
    const bool read_by_table = std::find(known.begin(), known.end(), "description") != known.end();
    if (note != nullptr && !note->is_string() && !read_by_table)
        errors.run([&] { fail_expected(*note, "text"); });
    for (const described_field& each : fields)
        if (each.required && object.find(each.key) == nullptr)
            errors.run([&] { fail(object, fmt::format("{} lacks the key \"{}\"", in, each.key)); });
}

void validated(const node& object, const std::function<void()>& validate) {
    try {
        validate();
    } catch (const std::invalid_argument& error) {
        std::string message = error.what();
        const auto from = message.find(": "), is = message.find(" is ");
        const auto rule = message.find("; it must ");
        if (from < is && is < rule && rule != std::string::npos) {
            const std::string option = message.substr(from + 2, is - from - 2);
            if (option.find_first_of(" .") == std::string::npos && object.find(option) == nullptr)
                message.insert(rule, " (its default)");
        }
        fail(object, message);
    }
}

void read_named(const node& object, const std::string& what,
                const std::function<void(const std::string&, const node&)>& read) {
    expect_object(object, what);
    error_collector errors;
    for (const node& member : object.children())
        if (!member.key().starts_with("//"))
            errors.run([&] { read(member.key(), member); });
    errors.finish();
}

} // namespace windtunnel::topology
