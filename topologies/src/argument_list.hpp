// SPDX-License-Identifier: BSL-1.0
// The arguments of a function as users write them: "lognormal(mean=4ms, p99=12ms)". Each is
// "name=value", "weight: value", or a value or word alone; it is taken by its name, and what is
// left over at the end is an error that says how the function is written. Errors: bad_quantity.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::topology {

std::string_view trimmed(std::string_view text); ///< without the spaces around it

class argument_list {
  public:
    struct argument {
        std::string name; ///< or the weight
        std::string_view value;
        bool weighted = false;
    };

    /// `text` is what stands in the brackets, `example` how the function is written.
    argument_list(std::string_view function, std::string_view example, std::string_view text);

    /// Names for arguments that stand without one, by their places; `word` is none of them.
    void name_in_order(const std::vector<std::string>& names, std::string_view word = {});

    const std::vector<argument>& all() const { return all_; }
    bool weighted() const { return !all_.empty() && all_.front().weighted; }
    bool has(const std::string& name) const;
    std::string_view take(const std::string& name); ///< throws where it is missing
    std::optional<std::string_view> take_if(const std::string& name);
    bool take_word(const std::string& word); ///< one that stands alone
    void finish() const;                     ///< throws where anything is left

  private:
    std::string function_, example_;
    std::vector<argument> all_;
    std::vector<std::string> known_; ///< names that were asked for
};

} // namespace windtunnel::topology
