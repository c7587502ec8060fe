// SPDX-License-Identifier: BSL-1.0
// The one table that the parser, the JSON Schema and the reference page share. A `value_kind<V>`
// knows how one value is read and how it is described; a `field_table<T>` is the list of an
// object's keys, each with its kind, its default and its sentence, and reads an object into a T. A
// key that is not in the table is an error with the nearest name. Keys that begin with "//" and the
// key "description" are notes, allowed in every object ("$schema" only at the root of a file).
// Errors: input_error, with everything that is wrong with the object.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/document.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

// ---- what is described ------------------------------------------------------------------------

struct described_field {
    std::string key;
    std::string kind;   ///< in words, for messages and the reference: `duration`
    std::string schema; ///< JSON Schema of its value, as JSON text
    bool required = false;
    std::string fallback; ///< the default, in words; empty: absent
    std::string help;
};

/// A named part of a file format: an object with fields, or (without fields) a value whose schema
/// is given. It is referred to as {"$ref": "#/definitions/name"}.
struct definition {
    std::string name, help;
    std::vector<described_field> fields;
    std::string schema;
};

/// JSON Schema, draft 7, of a format whose root is the definition `root`.
std::string json_schema(const std::string& title, const std::string& root,
                        const std::vector<definition>& all);
/// The reference of the same: a heading and a table for each definition, in Markdown.
std::string markdown_reference(const std::vector<definition>& all);
/// The definitions of the quantities (duration, rate, ...): each schema needs those it refers to.
std::vector<definition> quantity_definitions();
std::string schema_reference(const std::string& name); ///< {"$ref":"#/definitions/name"}

// ---- kinds of values --------------------------------------------------------------------------

template <class V>
struct value_kind {
    std::string name;
    std::string schema;
    std::function<V(const node&)> read;
};

/// Throws "expected `name`, found ...".
[[noreturn]] void fail_expected(const node& at, const std::string& name);
/// Runs a text's parser; bad_quantity and std::invalid_argument become input_error at `at`.
template <class Parse>
auto located(const node& at, Parse&& parse) {
    try {
        return parse();
    } catch (const bad_quantity& error) {
        fail(at, error.what(), error.suggestion());
    } catch (const std::invalid_argument& error) {
        fail(at, error.what());
    }
}

enum class zero : std::uint8_t { allowed, refused };

value_kind<std::string> text_kind();                      ///< a string that is not empty
value_kind<std::string> reference_kind(std::string what); ///< the same, called `what` in messages
value_kind<bool> boolean_kind();
value_kind<duration> duration_kind(zero z = zero::refused);
/// A duration, or a word that stands for `meaning`.
value_kind<duration> duration_or(const std::string& word, duration meaning, zero z = zero::refused);
value_kind<std::uint64_t> size_kind(zero z = zero::allowed); ///< bytes
value_kind<double> bandwidth_kind();                         ///< bytes a second, over 0
value_kind<double> share_kind();                             ///< 0 to 1
/// A JSON number with bounds, both inclusive.
value_kind<double> number_kind(double least, double most);
value_kind<std::int64_t> integer_kind(std::int64_t least, std::int64_t most);

/// An integer of type V from `least` to `most`.
template <class V = int>
value_kind<V> count_kind(std::int64_t least,
                         std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
    auto whole = integer_kind(least, most);
    return {whole.name, whole.schema,
            [read = whole.read](const node& at) { return static_cast<V>(read(at)); }};
}

/// The index of the node's text in `names`; an error lists them and suggests the nearest.
std::size_t read_name(const node& at, const std::vector<std::string>& names);
value_kind<std::size_t> name_kind(std::vector<std::string> names);

/// One of several names, each with its value.
template <class E>
value_kind<E> enum_kind(std::vector<std::pair<std::string, E>> values) {
    std::vector<std::string> names;
    for (const auto& [name, value] : values)
        names.push_back(name);
    auto index = name_kind(std::move(names));
    return {index.name, index.schema,
            [read = index.read, values](const node& at) { return values[read(at)].second; }};
}

void expect_array(const node& at, const std::string& of);
void expect_object(const node& at, const std::string& name);
bool is_note(const node& member); ///< "//...", "description"

/// An array of values; every bad element is reported.
template <class V>
value_kind<std::vector<V>> list_kind(value_kind<V> element) {
    return {"array of " + element.name, R"({"type":"array","items":)" + element.schema + "}",
            [element](const node& at) {
                expect_array(at, element.name);
                std::vector<V> result;
                error_collector errors;
                for (const node& each : at.children())
                    errors.run([&] { result.push_back(element.read(each)); });
                errors.finish();
                return result;
            }};
}

// ---- tables -----------------------------------------------------------------------------------

/// How a field is described besides its kind; a required field has no default.
struct about {
    std::string help;
    std::string fallback = {};
    bool required = false;
};

/// A key that belongs elsewhere, and where.
struct misplaced_key {
    std::string key, belongs;
};

/// Complains about unknown and missing keys of an object; `in` is what the object is called.
void check_keys(const node& object, const std::string& in,
                const std::vector<described_field>& fields, error_collector& errors,
                const std::vector<misplaced_key>& misplaced = {});

/// Runs the validate() of what was read from the object. An option that it refuses ("policy: option
/// is 5; it must ...") and that the object does not say is called a default.
void validated(const node& object, const std::function<void()>& validate);

template <class T>
class field_table {
  public:
    field_table(std::string name, std::string help)
        : name_(std::move(name)), help_(std::move(help)) {}

    const std::string& name() const { return name_; }

    /// Adds a field that is read into what `access` (a member pointer, or a function from T& to a
    /// reference) finds in the target: a V or an optional V.
    template <class Access, class V>
    field_table with(std::string key, Access access, const value_kind<V>& kind, about what) && {
        return std::move(*this).with_custom(std::move(key), kind.name, kind.schema, std::move(what),
                                            [access, read = kind.read](T& target, const node& at) {
                                                std::invoke(access, target) = read(at);
                                            });
    }

    /// Adds a field that `set` reads.
    field_table with_custom(std::string key, std::string kind, std::string schema, about what,
                            std::function<void(T&, const node&)> set) && {
        fields_.push_back({{std::move(key), std::move(kind), std::move(schema), what.required,
                            std::move(what.fallback), std::move(what.help)},
                           std::move(set)});
        return std::move(*this);
    }

    /// A key that users look for here; `belongs` says where it is: "it is ... of a service".
    field_table not_here(std::string key, std::string belongs) && {
        misplaced_.push_back({std::move(key), std::move(belongs)});
        return std::move(*this);
    }

    /// Reads an object's members into `target`, in the order of the table, whatever the file's;
    /// what is absent stays as it is. If T has a validate(), it has the last word.
    void read(const node& object, T& target) const {
        expect_object(object, name_);
        error_collector errors;
        check_keys(object, name_, describe().fields, errors, misplaced_);
        for (const auto& each : fields_)
            if (const node* found = object.find(each.description.key))
                errors.run([&] { each.set(target, *found); });
        if constexpr (requires { target.validate(); }) {
            if (errors.empty())
                errors.run([&] { validated(object, [&] { target.validate(); }); });
        }
        errors.finish();
    }

    definition describe() const {
        definition result{name_, help_, {}, {}};
        for (const auto& each : fields_)
            result.fields.push_back(each.description);
        return result;
    }

    /// A value that is such an object, read into a T that begins as `initial`.
    value_kind<T> kind(T initial = T{}) const {
        return {name_, schema_reference(name_), [this, initial](const node& at) {
                    T result = initial;
                    read(at, result);
                    return result;
                }};
    }

  private:
    struct field {
        described_field description;
        std::function<void(T&, const node&)> set;
    };

    std::string name_, help_;
    std::vector<field> fields_;
    std::vector<misplaced_key> misplaced_;
};

/// The schema of an object whose keys are names, which match `pattern` unless it is empty.
std::string named_schema(const std::string& element_schema, const std::string& pattern = {});

/// Reads the members of an object whose keys are names: `read(key, value)` for each that is no
/// note; every bad member is reported.
void read_named(const node& object, const std::string& what,
                const std::function<void(const std::string&, const node&)>& read);

} // namespace windtunnel::topology
