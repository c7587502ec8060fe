// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "patterns/base/assert.hpp"
#include "topologies/src/document_source.hpp"

namespace windtunnel::topology {

namespace {

std::string escaped_for_pointer(const std::string& key) {
    std::string result;
    for (const char c : key)
        result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return result;
}

std::string as_json(const std::string& text) {
    return nlohmann::json(text).dump();
}

void break_line(std::string& out, int indent, int level) {
    if (indent >= 0)
        out += "\n" + std::string(static_cast<std::size_t>(indent) * level, ' ');
}

void write(const node& value, std::string& out, int indent, int level);

void write_children(const node& value, std::string& out, int indent, int level) {
    bool first = true;
    for (const node& child : value.children()) {
        out += std::exchange(first, false) ? "" : ",";
        break_line(out, indent, level + 1);
        if (value.is_object())
            out += as_json(child.key()) + (indent >= 0 ? ": " : ":");
        write(child, out, indent, level + 1);
    }
    if (!first)
        break_line(out, indent, level);
}

void write(const node& value, std::string& out, int indent, int level) {
    switch (value.type()) {
    case node::kind::null:
        out += "null";
        break;
    case node::kind::boolean:
        out += value.boolean() ? "true" : "false";
        break;
    case node::kind::number:
        out += value.number_text();
        break;
    case node::kind::string:
        out += as_json(value.string());
        break;
    case node::kind::array:
        out += '[';
        write_children(value, out, indent, level);
        out += ']';
        break;
    case node::kind::object:
        out += '{';
        write_children(value, out, indent, level);
        out += '}';
        break;
    }
}

} // namespace

bool node::boolean() const {
    WINDTUNNEL_ASSERT(is_boolean());
    return boolean_;
}

double node::number() const {
    WINDTUNNEL_ASSERT(is_number());
    return number_;
}

std::optional<std::int64_t> node::integer() const {
    WINDTUNNEL_ASSERT(is_number());
    return integer_;
}

const std::string& node::number_text() const {
    WINDTUNNEL_ASSERT(is_number());
    return text_;
}

const std::string& node::string() const {
    WINDTUNNEL_ASSERT(is_string());
    return text_;
}

const node* node::find(std::string_view key) const {
    if (!is_object())
        return nullptr;
    const auto found = std::find_if(children_.begin(), children_.end(),
                                    [&](const node& child) { return child.key_ == key; });
    return found == children_.end() ? nullptr : &*found;
}

location node::place(position p) const {
    location result{source_->file, p.line, p.column, {}};
    if (result.file.starts_with('-')) // an option, which says in itself what it changes
        return {result.file, 0, 0, {}};
    for (const node* at = this; at->parent_ != nullptr; at = at->parent_) {
        const bool member = at->parent_->is_object();
        const std::string step =
            member ? escaped_for_pointer(at->key_) : std::to_string(at->index_);
        result.pointer.insert(0, "/" + step);
    }
    return result;
}

location node::where() const {
    return written().place(written().value_at_);
}

location node::key_where() const {
    return written().place(written().key_at_.line > 0 ? written().key_at_ : written().value_at_);
}

std::string node::describe() const {
    switch (kind_) {
    case kind::null:
        return "null";
    case kind::boolean:
        return boolean_ ? "true" : "false";
    case kind::number:
        return "the number " + text_.substr(0, 40);
    case kind::string:
        return text_.empty() ? "an empty string" : "the string " + in_quotes(text_);
    case kind::array:
        return children_.empty() ? "an empty array" : "an array";
    case kind::object:
        return children_.empty() ? "an empty object" : "an object";
    }
    return {};
}

std::string node::text(int indent) const {
    std::string result;
    write(*this, result, indent, 0);
    return result;
}

node node::shallow_copy() const {
    node result;
    result.kind_ = kind_;
    result.boolean_ = boolean_;
    result.number_ = number_;
    result.integer_ = integer_;
    result.text_ = text_;
    result.key_ = key_;
    result.origin_ = &written();
    return result;
}

node node::copy() const {
    node result = shallow_copy();
    result.children_.reserve(children_.size());
    for (const node& child : children_)
        result.children_.push_back(child.copy());
    return result;
}

node node::merged(const node* target, const node& patch, nulls n) {
    if (!patch.is_object())
        return patch.copy();
    const bool onto_object = target != nullptr && target->is_object();
    node result = onto_object ? target->shallow_copy() : patch.shallow_copy();
    if (onto_object) {
        for (const node& old : target->children_) {
            const node* change = patch.find(old.key_);
            if (change == nullptr)
                result.children_.push_back(old.copy());
            else if (!change->is_null() || n == nulls::stay)
                result.children_.push_back(merged(&old, *change, n));
        }
    }
    for (const node& change : patch.children_)
        if ((!change.is_null() || n == nulls::stay) &&
            !(onto_object && target->find(change.key_) != nullptr))
            result.children_.push_back(merged(nullptr, change, n));
    return result;
}

document document::own(node root) {
    std::set<std::shared_ptr<const node::source>> found;
    const auto collect = [&](const auto& self, const node& at) -> void {
        found.insert(at.written().source_->shared_from_this());
        for (const node& child : at.children_)
            self(self, child);
    };
    collect(collect, root);
    document result;
    result.sources_.assign(found.begin(), found.end());
    result.root_ = std::make_shared<const node>(std::move(root));
    return result;
}

document document::of(const node& root) {
    return own(root.copy());
}

document document::merge(const node& target, const node& patch) {
    return own(node::merged(&target, patch, node::nulls::remove));
}

document document::compose(const node& first, const node& second) {
    return own(node::merged(&first, second, node::nulls::stay));
}

document document::with(const node& object, const std::string& key, const node& value) {
    WINDTUNNEL_ASSERT(object.is_object());
    node result = object.copy();
    node member = value.copy();
    member.key_ = key;
    for (node& old : result.children_) {
        if (old.key_ == key) {
            old = std::move(member);
            return own(std::move(result));
        }
    }
    result.children_.push_back(std::move(member));
    return own(std::move(result));
}

document document::with_element(const node& array, std::size_t index, const node& value) {
    WINDTUNNEL_ASSERT(array.is_array() && index < array.children().size());
    node result = array.copy();
    node& element = result.children_[index];
    element = value.copy();
    element.key_.clear();
    return own(std::move(result));
}

void fail(const node& at, std::string message, std::string suggestion) {
    throw input_error(diagnostic{at.where(), std::move(message), std::move(suggestion)});
}

void fail_key(const node& at, std::string message, std::string suggestion) {
    throw input_error(diagnostic{at.key_where(), std::move(message), std::move(suggestion)});
}

} // namespace windtunnel::topology
