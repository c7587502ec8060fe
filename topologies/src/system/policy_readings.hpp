// SPDX-License-Identifier: BSL-1.0
// What the policies of a running system tell of themselves, whenever somebody asks: counters since
// the start, and levels as exact integrals over time. Reading changes nothing, and what nobody
// reads costs nothing. Each kind of policy has one function in policy_readings.cpp that names and
// reads its figures; a new kind is one more function, and one row of the table there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/time.hpp"
#include "sim-core/stats/wide_integer.hpp"

namespace windtunnel::topology {

class process;
class system;

/// Figures by name, in the order in which they were first told; those told again are added.
class policy_figures {
  public:
    /// One more machine whose levels are added: a level's mean is its integral / span / machines.
    void machine() { ++machines_; }
    /// Names are literals. What was refused for a reason is named after it: to_string(why).
    void counter(std::string_view name, std::uint64_t count) { add(counters_, name, count); }
    /// The integral over time since the start, in ns.
    void level(std::string_view name, sim::wide_integer integral) { add(levels_, name, integral); }
    /// What machines that are gone had told; they are not counted.
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
    const list<sim::wide_integer>& levels() const { return levels_; }

  private:
    template <class T>
    static void add(list<T>& to, std::string_view name, T value) {
        for (auto& [known, sum] : to)
            if (known == name) {
                sum += value;
                return;
            }
        to.emplace_back(name, value);
    }

    std::uint32_t machines_ = 0;
    list<std::uint64_t> counters_;
    list<sim::wide_integer> levels_;
};

/// The last figures of a process's policies before it was restarted: what it had counted is not
/// lost with it.
class figures_of_past_lives {
  public:
    /// Of one kind before calls of one service; `kind` is a literal.
    policy_figures& of(const std::string& callee, std::string_view kind);
    void add_to(policy_figures& into, const std::string& callee, std::string_view kind) const;

  private:
    struct entry {
        std::string callee;
        std::string_view kind;
        policy_figures figures;
    };
    std::vector<entry> all_;
};

/// One process's policies of one kind before its calls of one service.
struct policy_reading {
    std::string caller;    ///< a service or a workload
    std::string callee;    ///< a service; empty: it is a policy of the caller's own requests
    std::string_view kind; ///< as a file names it: "circuit_breaker"
    std::function<void(time_point now, policy_figures& into)> read;
};

/// All readings as of now, with what they had from earlier lives, for the life that begins.
figures_of_past_lives last_figures(const std::vector<policy_reading>& readings, time_point now);

/// Those before the calls of one process, which must outlive them; of its present life, and what is
/// left of those before.
std::vector<policy_reading> policy_readings(const process& own, const std::string& caller);

/// All there are, by process, then by callee, then from the outermost policy inwards. What is not
/// configured is not there. The system must outlive them.
std::vector<policy_reading> policy_readings(const system& of);

} // namespace windtunnel::topology
