// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/sweep/outcome.hpp"

namespace windtunnel::scenario {

namespace {

std::string worded(verdict v) {
    return v == verdict::invalid_baseline ? "broken before" : std::string(to_string(v));
}

class sweep_report {
  public:
    sweep_report(const sweep_plan& plan, const sweep_outcome& outcome, const text_options& options)
        : plan_(plan), outcome_(outcome), options_(options), paint_(options.colours) {}

    std::string write() const {
        std::string text;
        if (options_.size != summary_size::off)
            text = head() + points() + "\n";
        text += outcome_.found ? boundary_lines(*outcome_.found) : total();
        return text + "  " + paint_(ink::dim, outcome_.command) + "\n";
    }

  private:
    std::string head() const {
        const scenario_spec& s = plan_.first();
        const std::string& title = s.title.empty() ? s.name : s.title;
        return wrapped(title, 0, options_.width) + "\n";
    }

    bool same_replications() const {
        return std::all_of(outcome_.points.begin(), outcome_.points.end(), [&](const auto& p) {
            return p.replications == outcome_.points.front().replications;
        });
    }

    std::string points() const {
        using fit = column::fit;
        if (outcome_.points.empty())
            return "";
        std::vector<column> columns;
        for (const parameter& each : plan_.parameters())
            columns.push_back({each.name, true});
        columns.push_back({"verdict"});
        const bool runs = !same_replications();
        if (runs)
            columns.push_back({"runs", true});
        for (std::size_t i = 0; i < plan_.first().expectations.size(); ++i)
            columns.push_back({expectation_header(i), true});
        for (const std::string& each : plan_.metrics())
            columns.push_back({short_metric(each, plan_), true, fit::shrinks});
        table t(columns);
        for (const point_result& each : outcome_.points)
            t.row(row(each, runs, columns.size()));
        return t.render(paint_, options_.width) + legend();
    }

    /// Expectations of few words stand above their columns, others in a legend below the table.
    bool is_numbered() const {
        constexpr std::size_t most = 2, longest = 20;
        const auto& all = plan_.first().expectations;
        return all.size() > most || std::any_of(all.begin(), all.end(), [&](const auto& e) {
                   return columns_of(short_metric(e.text, plan_)) > longest;
               });
    }
    std::string expectation_header(std::size_t i) const {
        return is_numbered() ? fmt::format("({})", i + 1)
                             : short_metric(plan_.first().expectations[i].text, plan_);
    }
    std::string legend() const {
        std::string text;
        for (std::size_t i = 0; is_numbered() && i < plan_.first().expectations.size(); ++i)
            text += fmt::format("  ({}) {}\n", i + 1, plan_.first().expectations[i].text);
        return text.empty() ? text : "\n" + paint_(ink::dim, text);
    }

    std::vector<cell> row(const point_result& p, bool runs, std::size_t width) const {
        std::vector<cell> cells;
        for (const std::string& each : p.values)
            cells.push_back({each});
        const sign s = sign_of(p.verdict);
        cells.push_back({fmt::format("{} {}", s.mark, worded(p.verdict)), s.style});
        if (runs)
            cells.push_back({std::to_string(p.replications)});
        const std::size_t expected = plan_.first().expectations.size();
        for (std::size_t i = 0; i < expected; ++i)
            cells.push_back(i < p.expectations.size() ? observed(p.expectations[i]) : cell{});
        for (const point_metric& each : p.metrics)
            cells.push_back({amount(each.value, each.unit)});
        cells.resize(width);
        return cells;
    }

    static cell observed(const point_expectation& e) {
        const bool recovery = e.observed_text.starts_with("not recovered");
        const std::string text = recovery ? "not" : amount(e.observed, e.unit);
        const sign s = sign_of(e.status);
        return {fmt::format("{} {}", text, s.mark),
                e.status == check_status::passed ? ink::plain : s.style};
    }

    // ---- what it comes to -----------------------------------------------------------------------

    std::string total() const {
        constexpr std::array order{verdict::passed,           verdict::failed,
                                   verdict::invalid_baseline, verdict::inconclusive,
                                   verdict::invalid,          verdict::error};
        std::string text;
        for (const verdict v : order) {
            const auto count = std::count_if(outcome_.points.begin(), outcome_.points.end(),
                                             [&](const point_result& p) { return p.verdict == v; });
            if (count > 0)
                text += fmt::format("{} {} {}", text.empty() ? ":" : ",", count, worded(v));
        }
        const std::size_t done = outcome_.points.size();
        return done == outcome_.asked
                   ? fmt::format("{}{}\n", counted(done, "point"), text)
                   : paint_(ink::doubtful, fmt::format("? stopped after {} of {}{}\n", done,
                                                       counted(outcome_.asked, "point"), text));
    }

    std::string boundary_lines(const boundary& b) const {
        const std::string name = plan_.parameters().front().name;
        switch (b.status) {
        case boundary_status::found:
            return paint_(ink::strong, found_line(b, name)) + bracket_lines(b);
        case boundary_status::both_passed:
        case boundary_status::both_failed:
            return paint_(
                ink::bad,
                fmt::format("✗ no boundary in {}: it {} at both ends, so there is none "
                            "to see between them; widen the range\n",
                            plan_.parameters().front().written,
                            b.status == boundary_status::both_passed ? "passes" : "does not pass"));
        case boundary_status::undecided:
            return paint_(ink::doubtful, undecided_line(b, name)) + bracket_lines(b);
        case boundary_status::stopped:
            return paint_(ink::doubtful,
                          fmt::format("? stopped after {}\n", counted(b.points.size(), "point"))) +
                   bracket_lines(b);
        case boundary_status::broken:
            return paint_(ink::bad, "✗ a point could not be run, so the search ends there\n");
        }
        return "";
    }

    static std::string found_line(const boundary& b, const std::string& name) {
        return fmt::format("{} passes {} to {}, and no longer at {}\n", name,
                           b.passes_below ? "up" : "down", b.passing->values.front(),
                           b.failing->values.front());
    }

    static std::string undecided_line(const boundary& b, const std::string& name) {
        if (!b.zone)
            return "? an end of the range cannot tell (inconclusive), so no boundary can be "
                   "searched from it; run longer, or with more replications\n";
        const std::string zone = b.zone->first == b.zone->second
                                     ? b.zone->first
                                     : b.zone->first + " to " + b.zone->second;
        return fmt::format("? {} cannot tell at {}: the boundary lies between {} and {}; run "
                           "longer, or with more replications\n",
                           name, zone, b.passing->values.front(), b.failing->values.front());
    }

    static bool is_unsure(const point_result& p) {
        constexpr double usual = 0.9;
        return confidence_in(p).value_or(0) < usual;
    }

    std::string bracket_lines(const boundary& b) const {
        std::string text;
        for (const auto* end : {&b.passing, &b.failing})
            if (*end)
                text += "  " + agreement_text(**end) + "\n";
        if (b.passing && b.failing && b.passing->replications == 1 && b.failing->replications == 1)
            text += "  one run each does not say how sure that is: --replications 10 does\n";
        else if (b.passing && b.failing && (is_unsure(*b.passing) || is_unsure(*b.failing)))
            text += "  the boundary may well be elsewhere: more replications place it\n";
        if (b.passing && b.failing && b.passing->replications > 1)
            text += fmt::format("  of several runs a point passes or fails where its intervals at "
                                "{:.4g} % are clear of the bounds\n",
                                plan_.first().confidence * 100);
        return text;
    }

    const sweep_plan& plan_;
    const sweep_outcome& outcome_;
    const text_options& options_;
    painter paint_;
};

} // namespace

std::string sweep_text(const sweep_plan& plan, const sweep_outcome& outcome,
                       const text_options& options) {
    return sweep_report(plan, outcome, options).write();
}

std::optional<quantity> common_quantity(const std::vector<std::string>& values) {
    std::optional<quantity> first;
    for (const std::string& each : values) {
        auto q = read_quantity(each);
        if (!q || (first && q->kind != first->kind))
            return {};
        if (!first)
            first = std::move(q);
    }
    return first;
}

std::string short_metric(const std::string& text, const sweep_plan& plan) {
    const std::string prefix = plan.first().workloads.front().name + ": ";
    return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

} // namespace windtunnel::scenario
