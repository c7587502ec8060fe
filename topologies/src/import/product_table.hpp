// SPDX-License-Identifier: BSL-1.0
// A field_table of an object of another product's format. Its keys may have a second spelling
// (maxAttempts as max-attempts or max_attempts); keys that the product knows and that have no
// counterpart here are noted, the rest is an error with the nearest name. T holds the draft that
// notes go to. Internal to import/.
#pragma once

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/field_table.hpp"
#include "topologies/src/import/draft.hpp"

namespace windtunnel::topology {

/// What every T of a product_table begins with.
struct product_object {
    import_draft* draft = nullptr;
    std::vector<std::string> unread; ///< its keys that are about something else than policies
};

/// One note for all of them.
inline void note_unread(const product_object& object, const node& at, const std::string& what) {
    std::string keys;
    for (const std::string& key : object.unread)
        keys += (keys.empty() ? "" : ", ") + key;
    if (!keys.empty())
        object.draft->note(at.where(), what + ": not read, as no policies: " + keys);
}

/// The second spelling of a format's keys: the letter before what was a capital.
enum class spelling : char { camel_only = 0, kebab = '-', snake = '_' };

/// Finds a member of the library's options in a T that holds them as `options`.
template <class Member>
auto option(Member member) {
    return [member](auto& target) -> auto& {
        return target.options.*member;
    };
}

/// The same in an aggregate within them.
template <class Part, class Member>
auto option(Part part, Member member) {
    return [ part, member ](auto& target) -> auto& {
        return target.options.*part.*member;
    };
}

/// "maxAttempts" as "max-attempts".
inline std::string respelled(const std::string& camel, spelling second) {
    std::string result;
    for (const char c : camel) {
        const bool capital = std::isupper(static_cast<unsigned char>(c)) != 0;
        if (capital)
            result += static_cast<char>(second);
        result += capital ? static_cast<char>(std::tolower(static_cast<unsigned char>(c))) : c;
    }
    return result;
}

template <class T>
class product_table {
  public:
    product_table(std::string name, spelling second)
        : fields_(std::move(name), {}), second_(second) {}

    template <class Access, class V>
    product_table with(const std::string& key, Access access, const value_kind<V>& kind) && {
        return std::move(*this).with_custom(key,
                                            [access, read = kind.read](T& target, const node& at) {
                                                std::invoke(access, target) = read(at);
                                            });
    }

    product_table with_custom(const std::string& key,
                              const std::function<void(T&, const node&)>& set) && {
        for (const std::string& name : spellings(key))
            fields_ = std::move(fields_).with_custom(name, {}, {}, {}, set);
        return std::move(*this);
    }

    /// Keys that say something of calls which cannot be said here.
    product_table not_expressed(const std::vector<std::string>& keys, const std::string& why,
                                const std::string& nearest = {}) && {
        for (const std::string& key : keys)
            *this = std::move(*this).with_custom(key, [why, nearest](T& target, const node& at) {
                target.draft->note(at.key_where(), at.key() + " is not taken over: " + why,
                                   nearest);
            });
        return std::move(*this);
    }

    /// Keys that are about something else.
    product_table unread(const std::vector<std::string>& keys) && {
        for (const std::string& key : keys)
            *this = std::move(*this).with_custom(
                key, [](T& target, const node& at) { target.unread.push_back(at.key()); });
        return std::move(*this);
    }

    void read(const node& object, T& target) const { fields_.read(object, target); }

  private:
    std::vector<std::string> spellings(const std::string& key) const {
        const std::string other = respelled(key, second_);
        if (second_ == spelling::camel_only || other == key)
            return {key};
        // The one that the product's pages use comes first: suggestions take the first of two.
        return {other, key};
    }

    field_table<T> fields_;
    spelling second_;
};

/// The table of an object called `name` in a format that knows no second spelling.
template <class T>
product_table<T> camel_table(const std::string& name) {
    return {name, spelling::camel_only};
}
/// The same where each key may be written in snake_case, too.
template <class T>
product_table<T> snake_table(const std::string& name) {
    return {name, spelling::snake};
}

} // namespace windtunnel::topology
