// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/overrides.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "scenarios/src/subjects.hpp"
#include "scenarios/src/text_arguments.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::document;
using topology::in_quotes;
using topology::node;

std::vector<std::string> split(std::string_view text, char mark) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(mark);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

/// RFC 6901: "~1" is a slash, "~0" a tilde.
std::string unescaped(std::string_view part) {
    std::string text;
    for (std::size_t i = 0; i < part.size(); ++i) {
        const bool escape = part[i] == '~' && i + 1 < part.size();
        if (escape && (part[i + 1] == '0' || part[i + 1] == '1'))
            text += part[++i] == '0' ? '~' : '/';
        else
            text += part[i];
    }
    return text;
}

std::vector<std::string> names_in(const node& array) {
    std::vector<std::string> names;
    for (const node& each : array.children())
        if (const node* name = each.find("name"); name != nullptr && name->is_string())
            names.push_back(name->string());
    return names;
}

std::string element_names(const node& array) {
    const std::size_t size = array.children().size();
    std::string text = size == 0   ? "it is empty"
                       : size == 1 ? "it has 0"
                                   : fmt::format("it has 0 to {}", size - 1);
    for (const std::string& name : names_in(array))
        text += ", " + name;
    return text;
}

class change_maker {
  public:
    change_maker(const value_override& change)
        : origin_(change.origin.empty() ? fmt::format("-D {}={}", change.path, change.value)
                                        : change.origin),
          parts_(path_parts(change.path)), text_(change.value), value_(parse_value(change.value)) {
        for (const std::string& part : parts_)
            if (part.empty())
                fail(fmt::format("the path {} has an empty part", in_quotes(change.path)));
    }

    document apply(const node& root) const { return put(root, parts_); }

  private:
    [[noreturn]] void fail(std::string message, std::string suggestion = {}) const {
        throw topology::input_error(
            {{origin_, 0, 0, ""}, std::move(message), std::move(suggestion)});
    }

    [[noreturn]] void refuse(const node& target, const std::string& part) const {
        const auto arguments =
            target.is_string() ? argument_names(target.string()) : std::vector<std::string>{};
        fail(fmt::format("there is no {} in {}, which {}", in_quotes(part), target.describe(),
                         arguments.empty() ? "is no object"
                                           : fmt::format("has {}", fmt::join(arguments, ", "))));
    }

    /// One value alone makes no new one of these.
    static bool holds_named_things(const node& target) {
        return target.key() == "services" || target.key() == "endpoints";
    }

    [[noreturn]] void refuse_name(const node& target, const std::string& part) const {
        std::vector<std::string> names;
        for (const node& each : target.children())
            names.push_back(each.key());
        fail(fmt::format("there is no {} in {}, only {}", in_quotes(part), target.key(),
                         listed(names)),
             topology::nearest(part, names));
    }

    document parse_value(const std::string& value) const {
        if (nlohmann::json::accept(value))
            return document::parse(value, origin_);
        try {
            return document::parse(nlohmann::json(value).dump(), origin_);
        } catch (const nlohmann::json::exception&) {
            fail("the value is not UTF-8");
        }
    }

    document put(const node& target, std::span<const std::string> path) const {
        if (path.empty())
            return value_;
        if (target.is_array())
            return put_element(target, path);
        if (target.is_string() && path.size() == 1)
            if (const auto text = with_argument(target.string(), path.front(), text_))
                return document::parse(nlohmann::json(*text).dump(), origin_);
        if (!target.is_object())
            refuse(target, path.front());
        const node* old = target.find(path.front());
        if (old == nullptr && path.size() > 1 && holds_named_things(target))
            refuse_name(target, path.front());
        const document empty = document::parse("{}", origin_);
        const document member = put(old != nullptr ? *old : empty.root(), path.subspan(1));
        return document::with(target, path.front(), member.root());
    }

    document put_element(const node& array, std::span<const std::string> path) const {
        const auto index = element_of(array, path.front());
        if (!index)
            fail(fmt::format("the array has no element {}; {}", in_quotes(path.front()),
                             element_names(array)),
                 topology::nearest(path.front(), names_in(array)));
        const document changed = put(array.children()[*index], path.subspan(1));
        return document::with_element(array, *index, changed.root());
    }

    std::string origin_;
    std::vector<std::string> parts_;
    std::string text_; ///< the value as it was written
    document value_;
};

} // namespace

std::vector<std::string> path_parts(const std::string& path) {
    if (!path.starts_with('/'))
        return split(path, '.');
    auto parts = split(std::string_view(path).substr(1), '/');
    for (std::string& part : parts)
        part = unescaped(part);
    return parts;
}

std::string pointer_of(const std::vector<std::string>& parts) {
    std::string pointer;
    for (const std::string& part : parts) {
        pointer += '/';
        for (const char c : part)
            pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return pointer;
}

std::optional<std::size_t> element_of(const topology::node& array, const std::string& part) {
    const auto& all = array.children();
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (error == std::errc{} && end == part.data() + part.size() && index < all.size())
        return index;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const node* name = all[i].find("name");
        if (name != nullptr && name->is_string() && name->string() == part)
            return i;
    }
    return {};
}

document with_override(const document& original, const value_override& change) {
    return change_maker(change).apply(original.root());
}

} // namespace windtunnel::scenario
