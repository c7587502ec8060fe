// SPDX-License-Identifier: BSL-1.0
// JSON that knows where it was written: a tree whose every node and key has a file, a line, a
// column and a JSON pointer, so that whatever is wrong with a value can be said at its place.
// A merge (RFC 7386) or an embedding makes a new document; its parts keep the places they came
// from. Trees are immutable; a `const node&` is valid as long as a document that holds it.
// Limits, so that no file can exhaust the program: `document::largest` bytes, `most_values` values,
// `deepest` levels. Errors: input_error (file cannot be read, not UTF-8, not JSON, a key twice, a
// limit).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/location.hpp"

namespace windtunnel::topology {

class node {
  public:
    enum class kind : std::uint8_t { null, boolean, number, string, array, object };

    kind type() const { return kind_; }
    bool is_null() const { return kind_ == kind::null; }
    bool is_boolean() const { return kind_ == kind::boolean; }
    bool is_number() const { return kind_ == kind::number; }
    bool is_string() const { return kind_ == kind::string; }
    bool is_array() const { return kind_ == kind::array; }
    bool is_object() const { return kind_ == kind::object; }

    // Each asserts that the node is of that kind.
    bool boolean() const;
    double number() const;
    /// The number as an integer, if it was written without fraction and exponent and fits.
    std::optional<std::int64_t> integer() const;
    const std::string& string() const;
    const std::string& number_text() const; ///< as written

    /// Elements of an array, members of an object, in the file's order; empty for anything else.
    const std::vector<node>& children() const { return children_; }
    /// The key under which an object's member stands; empty for anything else.
    const std::string& key() const { return key_; }
    /// The member of that key, or null; null also when this is no object.
    const node* find(std::string_view key) const;

    location where() const;
    location key_where() const; ///< of the key of an object's member, else as where()

    /// For messages: `the string "abc"`, `the number 5`, `an object`.
    std::string describe() const;
    /// As JSON text, compact, or indented by that many spaces a level; numbers as written.
    std::string text(int indent = -1) const;

    node(node&&) noexcept = default;
    node& operator=(node&&) noexcept = default;
    node(const node&) = delete;
    node& operator=(const node&) = delete;
    ~node() = default;

  private:
    friend class document;
    friend class document_builder;
    friend class yaml_builder; // topologies/src/import/yaml.cpp
    struct source;
    struct position {
        int line = 0, column = 0;
    };

    node() = default;
    const node& written() const { return origin_ != nullptr ? *origin_ : *this; }
    location place(position p) const;
    node shallow_copy() const;
    node copy() const;
    enum class nulls : bool { remove, stay };
    static node merged(const node* target, const node& patch, nulls n);

    kind kind_ = kind::null;
    bool boolean_ = false;
    double number_ = 0;
    std::optional<std::int64_t> integer_;
    std::string text_; ///< a string's value, a number's source text
    std::string key_;
    std::vector<node> children_;
    const node* origin_ = nullptr; ///< of a copy: the node that was parsed, which has its place
    // Only of a node that was parsed:
    position value_at_, key_at_;
    const source* source_ = nullptr;
    const node* parent_ = nullptr;
    std::size_t index_ = 0; ///< in its parent
};

class document {
  public:
    static constexpr std::size_t largest = std::size_t{16} << 20; ///< bytes
    static constexpr std::size_t most_values = 1'000'000;
    static constexpr std::size_t deepest = 64; ///< levels of nesting

    /// Parses `text`, which came from `file` (any name will do).
    static document parse(std::string_view text, std::string file);
    /// Reads and parses a file. The file is named in messages as `path` is written.
    static document load(const std::filesystem::path& path);

    /// A document whose root is a copy of that node.
    static document of(const node& root);
    /// RFC 7386: what `patch` makes of `target`. Its parts keep their places in their files.
    static document merge(const node& target, const node& patch);
    /// The patch that does what `first` does, and then `second`: a null in it stays, and removes
    /// what the patch is laid over one day.
    static document compose(const node& first, const node& second);
    /// A copy of the object, its member `key` replaced or, if there is none, appended.
    static document with(const node& object, const std::string& key, const node& value);
    /// A copy of the array, its element at `index` replaced.
    static document with_element(const node& array, std::size_t index, const node& value);

    const node& root() const { return *root_; }

  private:
    friend class yaml_builder;
    static document own(node root);
    /// A tree that was parsed from that file: its nodes have their places, but no links yet.
    static document adopt(std::string file, node tree);

    std::vector<std::shared_ptr<const node::source>> sources_; ///< what the nodes' places refer to
    std::shared_ptr<const node> root_;                         ///< shared by copies
};

/// Throws input_error at the node's place.
[[noreturn]] void fail(const node& at, std::string message, std::string suggestion = {});
/// The same at the place of its key.
[[noreturn]] void fail_key(const node& at, std::string message, std::string suggestion = {});

} // namespace windtunnel::topology
