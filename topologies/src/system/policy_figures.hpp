// SPDX-License-Identifier: BSL-1.0
// What the policies of one kind tell of themselves at one moment: counters since the start, and
// levels as exact integrals over time. Which figures there are says the kind's row
// (policy_kinds.hpp); a name that is not in it is a bug.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/wide_integer.hpp"

namespace windtunnel::topology {

/// A level: how many there are, or whether something is so (1 or 0).
struct policy_level {
    std::string_view name;
    bool is_share = false; ///< its mean over time is a share of the time
};

/// Whether a counter of that name counts what was refused: those named after a failure_kind (its
/// to_string) for that reason, and those of a gateway's answers.
bool is_refusal(std::string_view counter);

/// The names of a kind's figures.
struct policy_figure_names {
    std::span<const std::string_view> counters;
    std::span<const policy_level> levels;
};

/// Figures by name, in the order of their names; those told again are added.
class policy_figures {
  public:
    /// Which figures these are: all zero, unless they are those already.
    void begin(const policy_figure_names& names);

    /// One more machine whose levels are added: a level's mean is its integral / span / machines.
    void machine() { ++machines_; }
    void counter(std::string_view name, std::uint64_t count) { at(counters_, name) += count; }
    /// The integral over time since the start, in ns.
    void level(std::string_view name, wide_integer integral) {
        at(levels_, name) = saturating_add(at(levels_, name), integral);
    }
    /// What machines that are gone had told, of the same kind; they are not counted.
    void add(const policy_figures& gone) {
        for (const auto& [name, count] : gone.counters_)
            counter(name, count);
        for (const auto& [name, integral] : gone.levels_)
            level(name, integral);
    }

    template <class T>
    using list = std::vector<std::pair<std::string_view, T>>;
    std::uint32_t machines() const { return machines_; }
    const list<std::uint64_t>& counters() const { return counters_; }
    const list<wide_integer>& levels() const { return levels_; }

  private:
    template <class T>
    static T& at(list<T>& in, std::string_view name) {
        for (auto& [known, sum] : in)
            if (known == name)
                return sum;
        unknown(name);
    }
    [[noreturn]] static void unknown(std::string_view name);

    std::uint32_t machines_ = 0;
    list<std::uint64_t> counters_;
    list<wide_integer> levels_;
};

} // namespace windtunnel::topology
