// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/call_growth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include "topologies/src/call_options.hpp"

namespace windtunnel::topology {

namespace {

/// How many calls of itself a call leads to, on average. Vertices are taken out of the graph one
/// by one, and each leaves calls from those before it to those behind it in its place; where one
/// then calls itself once a call, or more, the sum of all that follow is infinite. (This is Gauss's
/// elimination of I - A, with A the expected calls: all its pivots are above zero just where the
/// spectral radius of A is below 1; Berman and Plemmons, "Nonnegative Matrices", chapter 6.)
class growth_check {
  public:
    growth_check(const call_graph& graph, error_collector& errors)
        : graph_(graph), errors_(errors), calls_(graph.vertices.size()),
          callers_(graph.vertices.size()) {
        for (std::size_t i = 0; i < calls_.size(); ++i)
            for (const auto& edge : graph.vertices[i].calls)
                if (edge.expected > 0)
                    add(i, edge.to, edge.expected);
    }

    void run() {
        strip();
        if (each_calls_less_than_one())
            return;
        for (std::size_t i = 0; i < calls_.size(); ++i)
            if (!take_out(i))
                return;
    }

  private:
    using weights = std::map<std::size_t, double>;
    static constexpr double rounding = 1e-9;
    static constexpr std::size_t most_work = 1'000'000; ///< less than a second

    void add(std::size_t from, std::size_t to, double times) {
        calls_[from][to] += times;
        callers_[to].insert(from);
    }
    void remove(std::size_t i) {
        for (const auto& [to, times] : calls_[i])
            callers_[to].erase(i);
        for (const std::size_t from : callers_[i])
            calls_[from].erase(i);
        calls_[i].clear();
        callers_[i].clear();
    }
    /// Takes away whatever lies on no cycle: nobody calls it, or it calls nobody.
    void strip() {
        std::vector<std::size_t> look(calls_.size());
        std::iota(look.begin(), look.end(), std::size_t{0});
        while (!look.empty()) {
            const std::size_t i = look.back();
            look.pop_back();
            if (calls_[i].empty() == callers_[i].empty() && !calls_[i].empty())
                continue;
            for (const auto& [to, times] : calls_[i])
                look.push_back(to);
            look.insert(look.end(), callers_[i].begin(), callers_[i].end());
            remove(i);
        }
    }
    /// Then all that follow grow less and less; the usual case of a large graph.
    bool each_calls_less_than_one() const {
        return std::all_of(calls_.begin(), calls_.end(), [](const weights& calls) {
            double sum = 0;
            for (const auto& [to, times] : calls)
                sum += times;
            return sum < 1 - rounding;
        });
    }
    /// False: the calls grow, or that takes too long to find out.
    bool take_out(std::size_t i) {
        const auto self = calls_[i].find(i);
        const double again = self == calls_[i].end() ? 0 : self->second;
        if (again >= 1 - rounding) {
            complain(i, again);
            return false;
        }
        work_ += calls_[i].size() * callers_[i].size();
        if (work_ > most_work) {
            complain_of_size(i);
            return false;
        }
        const weights calls = calls_[i];
        const std::set<std::size_t> callers = callers_[i];
        for (const std::size_t from : callers) {
            const double times = calls_[from].at(i) / (1 - again);
            for (const auto& [to, each] : calls)
                if (from != i && to != i)
                    add(from, to, times * each);
        }
        remove(i);
        return true;
    }

    void complain(std::size_t i, double again) {
        const auto& calls = graph_.vertices[i].calls;
        const auto back = std::find_if(calls.begin(), calls.end(), [&](const auto& edge) {
            return edge.expected > 0 && leads(edge.to, i);
        });
        errors_.add(
            {back->where,
             fmt::format("this call grows without end: each request of {0} leads to {1:.3g} "
                         "more of {0} on average, which must be below 1; lower a "
                         "\"probability\" or a \"repeat\" of its cycle",
                         in_quotes(to_string(graph_.vertices[i].name)), again),
             {}});
    }
    void complain_of_size(std::size_t i) {
        errors_.add({graph_.vertices[i].calls.front().where,
                     fmt::format("the cycles of calls through {} and others are too many to tell "
                                 "whether they end; let fewer endpoints call each other in cycles",
                                 in_quotes(to_string(graph_.vertices[i].name))),
                     {}});
    }
    bool leads(std::size_t from, std::size_t to) const {
        std::vector<bool> seen(graph_.vertices.size());
        std::vector<std::size_t> next{from};
        while (!next.empty()) {
            const std::size_t i = next.back();
            next.pop_back();
            if (i == to)
                return true;
            if (seen[i])
                continue;
            seen[i] = true;
            for (const auto& edge : graph_.vertices[i].calls)
                if (edge.expected > 0)
                    next.push_back(edge.to);
        }
        return false;
    }

    const call_graph& graph_;
    error_collector& errors_;
    std::vector<weights> calls_;
    std::vector<std::set<std::size_t>> callers_;
    std::size_t work_ = 0;
};

} // namespace

void check_growth(const call_graph& graph, error_collector& errors) {
    growth_check(graph, errors).run();
}

} // namespace windtunnel::topology
