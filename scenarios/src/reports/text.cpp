// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/faults/fault_table.hpp"
#include "scenarios/src/faults/fault_target.hpp"
#include "scenarios/src/reports/figures.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/policy_wording.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

namespace {

using fit = column::fit;

constexpr double busy_enough = 0.5;     ///< utilisation from which a service is worth a look
constexpr double waiting_enough = 0.5;  ///< mean queue length, the same
constexpr double cut_off_enough = 0.01; ///< share of requests that the end of the run cut off
constexpr std::size_t most_rows = 8, most_faults_with_phases = 2;

// ---- the report -------------------------------------------------------------------------------

class report {
  public:
    report(const scenario_spec& scenario, const replicated_result& result,
           const run_account& account, const text_options& options)
        : scenario_(scenario), result_(result), merged_(result.merged), account_(account),
          options_(options), paint_(options.colours) {
        for (std::size_t i = 0; i < merged_.phases.size(); ++i)
            phases_.push_back(figures_of(merged_, i));
    }

    std::string write() {
        if (options_.size == summary_size::off)
            return only_verdict();
        std::string out = heading() + expectations();
        for (const std::string& block : blocks())
            out += "\n" + block;
        return out + "\n" + closing();
    }

    std::vector<std::string> blocks() const {
        std::vector<std::string> all{workloads(), done(),     work(),      unanswered(), services(),
                                     edges(),     policies(), endpoints(), faults()};
        std::erase(all, "");
        return all;
    }

  private:
    bool full() const { return options_.size == summary_size::full; }
    /// In full nothing is cut, however wide it is.
    std::string rendered(const table& t) const {
        if (options_.markdown)
            return t.markdown();
        return t.render(paint_, full() ? static_cast<std::size_t>(-1) : options_.width);
    }
    const phase_figures& overall() const { return phases_[overall_phase]; }

    // ---- heading and end --------------------------------------------------------------------

    std::string heading() const {
        return paint_(ink::strong, title_of(scenario_)) + "\n" +
               paint_(ink::dim, setting_of(scenario_, result_)) + "\n";
    }

    /// Of a fault's phase; without the fault's name where there is one fault.
    std::string phase_label(std::size_t p) const {
        const std::string name = merged_.phases[p].name();
        return scenario_.faults.size() == 1 ? name.substr(0, name.find(' ')) : name;
    }

    std::string verdict_word() const {
        const sign s = sign_of(result_.verdict);
        return paint_(s.style, fmt::format("{} {}", s.mark, words_of(result_.verdict)));
    }

    std::string reproduction() const {
        return account_.reproduce.empty() ? "" : "  " + account_.reproduce + "\n";
    }

    std::string closing() const {
        return fmt::format("{}: {}\n", verdict_word(), meaning_of(result_)) +
               paint_(ink::dim, fmt::format("  {}, windtunnel {}", seeds_of(scenario_, result_),
                                            merged_.version)) +
               "\n" + reproduction();
    }

    /// The verdict and nothing else; what did not pass can be reproduced.
    std::string only_verdict() const {
        return fmt::format("{}: {}, {} ({})\n", verdict_word(), name_of(scenario_),
                           meaning_of(result_), seeds_of(scenario_, result_)) +
               (result_.verdict == verdict::passed ? "" : reproduction());
    }

    // ---- expectations -------------------------------------------------------------------------

    std::string expectations() const {
        if (result_.expectations.empty())
            return "";
        std::size_t widest = 0;
        for (const auto& each : result_.expectations)
            widest = std::max(widest, columns_of(each.expectation.text));
        std::string out = "\n";
        for (const auto& each : result_.expectations)
            out += expectation_lines(each, widest);
        return out;
    }

    std::string expectation_lines(const expectation_result& each, std::size_t widest) const {
        const sign s = sign_of(each.status);
        const std::string& text = each.expectation.text;
        const bool good = each.status == check_status::passed;
        // What failed is told in figures; why it did not recover or could not be judged, in words.
        const bool words = full() || each.status == check_status::inconclusive ||
                           each.status == check_status::invalid_baseline ||
                           (!good && each.expectation.metric == metric::recovers_within);
        const std::string observed = observed_words(each);
        const std::size_t used = columns_of(text) + 4;
        const bool fits = widest + 6 + columns_of(observed) <= options_.width;
        const std::string gap =
            fits ? std::string(widest + 6 - used, ' ') : "\n" + std::string(6, ' ');
        std::string out = "  " + paint_(s.style, s.mark) + " " + text + gap +
                          paint_(good ? ink::dim : s.style, observed) + "\n";
        return words ? out + wrapped(each.explanation, 6, options_.width) : out;
    }

    // ---- workloads ----------------------------------------------------------------------------

    static std::vector<cell> traffic_row(std::string name, const traffic_figures& f, ink style) {
        using l = latency_figures;
        const auto& good = f.good_latency;
        return {{std::move(name), style},
                {grouped(f.requests), style},
                {amount(f.rate, unit_kind::rate), style},
                errors_cell(f),
                {time_of(good, &l::p50), style},
                {time_of(good, &l::p95), style},
                {time_of(good, &l::p99), style},
                {time_of(good, &l::max), style}};
    }

    static table traffic_table(std::string header) {
        return table({{std::move(header), false, fit::shrinks},
                      {"requests", true},
                      {"rate", true, fit::can_go},
                      {"errors", false, fit::shrinks},
                      {"p50", true},
                      {"p95", true, fit::can_go},
                      {"p99", true},
                      {"max", true}});
    }

    std::string workloads() const {
        table t = traffic_table("workload");
        const bool phases = full() || scenario_.faults.size() <= most_faults_with_phases;
        for (std::size_t w = 0; w < merged_.workloads.size(); ++w) {
            const auto& f = overall().workloads[w];
            t.row(traffic_row(f.name, f, ink::plain));
            for (std::size_t p = overall_phase + 1; phases && p < phases_.size(); ++p)
                t.row(traffic_row("  " + phase_label(p), phases_[p].workloads[w], ink::dim));
        }
        return rendered(t);
    }

    /// Of those whose requests have an end.
    std::string done() const {
        const auto runs = std::max<std::size_t>(merged_.seeds.size(), 1);
        std::string out;
        for (std::size_t w = 0; w < merged_.workloads.size(); ++w) {
            const workload_result& each = merged_.workloads[w];
            if (scenario_.workloads[w].limit && each.runs_done == runs)
                out += fmt::format("  {}: done after {}\n", each.name,
                                   short_time(to_seconds(each.done) / static_cast<double>(runs)));
        }
        return out;
    }

    /// What was left to queues and topics.
    std::string work() const {
        std::string out;
        for (const traffic_figures& f : overall().workloads) {
            if (f.completed + f.lost + f.undone == 0)
                continue;
            out += fmt::format("  {}: the work of {} was done", f.name,
                               counted(f.completed, "request"));
            if (f.completed_latency)
                out += fmt::format(", p50 {} and p99 {} after {} sent",
                                   short_time(f.completed_latency->p50),
                                   short_time(f.completed_latency->p99),
                                   f.completed == 1 ? "it was" : "they were");
            if (f.lost > 0)
                out += fmt::format("; that of {} is lost", grouped(f.lost));
            if (f.undone > 0)
                out += fmt::format("; that of {} was not done by the end", grouped(f.undone));
            out += "\n";
        }
        return out;
    }

    /// So that nobody takes what was cut off by the end of the run for good.
    std::string unanswered() const {
        std::string out;
        for (const auto& w : merged_.workloads)
            if (w.in_flight > 0 && (full() || share(w.in_flight, w.sent) >= cut_off_enough))
                out += fmt::format("  {}: {} of {} {} under way at the end\n", w.name,
                                   grouped(w.in_flight), counted(w.sent, "request"),
                                   w.in_flight == 1 ? "was" : "were");
        return out;
    }

    // ---- services -----------------------------------------------------------------------------

    static bool notable(const service_figures& f) {
        return f.utilisation.value_or(0) >= busy_enough ||
               f.in_queue.value_or(0) >= waiting_enough || f.rejected + f.abandoned + f.lost > 0;
    }

    /// The fault's phase (or none: 0) in which a service waited most, then was busiest.
    std::size_t worst_phase(std::size_t service) const {
        std::size_t worst = 0;
        const auto rank = [&](std::size_t p) {
            const auto& f = phases_[p].services[service];
            return std::pair(f.in_queue.value_or(0), f.utilisation.value_or(0));
        };
        for (std::size_t p = overall_phase + 1; p < phases_.size(); ++p)
            if (worst == 0 || rank(p) > rank(worst))
                worst = p;
        return worst;
    }

    std::vector<cell> service_row(std::size_t service) const {
        const auto& f = overall().services[service];
        const std::uint64_t gone = f.rejected + f.abandoned + f.lost;
        std::string worst;
        if (const std::size_t p = worst_phase(service); p != 0) {
            const auto& w = phases_[p].services[service];
            worst = fmt::format("{}: {} busy, {} waiting", phase_label(p),
                                amount(w.utilisation, unit_kind::share),
                                amount(w.in_queue, unit_kind::count));
        }
        const bool loaded = f.utilisation.value_or(0) >= 0.9;
        return {{f.name},
                {amount(f.utilisation, unit_kind::share), loaded ? ink::doubtful : ink::plain},
                {amount(f.in_queue, unit_kind::count)},
                {amount(f.mean_wait, unit_kind::time)},
                {grouped(f.rejected + f.abandoned + f.lost), gone > 0 ? ink::doubtful : ink::dim},
                {worst, ink::dim}};
    }

    std::string services() const {
        table t({{"service", false, fit::shrinks},
                 {"busy", true},
                 {"waiting", true},
                 {"mean wait", true},
                 {"turned away", true},
                 {scenario_.faults.empty() ? "" : "at worst", false, fit::can_go}});
        std::vector<std::size_t> shown;
        for (std::size_t s = 0; s < merged_.services.size(); ++s) {
            const bool worth =
                std::any_of(phases_.begin() + overall_phase, phases_.end(),
                            [&](const phase_figures& p) { return notable(p.services[s]); });
            if (full() || worth)
                shown.push_back(s);
        }
        const std::size_t left_out = limit(shown, [&](std::size_t a, std::size_t b) {
            const auto &x = overall().services[a], &y = overall().services[b];
            return std::pair(x.in_queue, x.utilisation) > std::pair(y.in_queue, y.utilisation);
        });
        for (const std::size_t s : shown)
            t.row(service_row(s));
        return rendered(t) + more(left_out, "service", "services");
    }

    /// In compact form only the first few by `before`; tells how many it dropped.
    template <class Before>
    std::size_t limit(std::vector<std::size_t>& shown, Before before) const {
        if (full() || shown.size() <= most_rows)
            return 0;
        std::stable_sort(shown.begin(), shown.end(), before);
        const std::size_t dropped = shown.size() - most_rows;
        shown.resize(most_rows);
        return dropped;
    }

    std::string more(std::size_t count, std::string_view one, std::string_view many) const {
        if (count == 0)
            return "";
        const std::string text =
            fmt::format("and {} more {}: --summary full", count, count == 1 ? one : many);
        return options_.markdown ? "\n" + text + "\n" : "  " + paint_(ink::dim, text) + "\n";
    }

    // ---- calls --------------------------------------------------------------------------------

    static std::vector<cell> edge_row(const traffic_figures& f) {
        const double tries =
            f.requests == 0 ? 0 : static_cast<double>(f.attempts) / static_cast<double>(f.requests);
        return {
            {f.name},
            {grouped(f.requests)},
            {f.requests == 0 ? "-" : three_digits(tries), tries > 1 ? ink::doubtful : ink::plain},
            errors_cell(f),
            {time_of(f.good_latency, &latency_figures::p50)},
            {time_of(f.good_latency, &latency_figures::p99)}};
    }

    std::string edges() const {
        table t({{"call", false, fit::shrinks},
                 {"calls", true},
                 {"tries each", true},
                 {"errors", false, fit::shrinks},
                 {"p50", true, fit::can_go},
                 {"p99", true, fit::can_go}});
        const auto& all = overall().edges;
        std::vector<std::size_t> shown;
        for (std::size_t e = 0; e < all.size(); ++e)
            if (full() || all[e].failed > 0 || all[e].attempts > all[e].requests)
                shown.push_back(e);
        const std::size_t left_out = limit(
            shown, [&](std::size_t a, std::size_t b) { return all[a].failed > all[b].failed; });
        for (const std::size_t e : shown)
            t.row(edge_row(all[e]));
        return rendered(t) + more(left_out, "call", "calls");
    }

    std::string policies() const {
        table t({{"policies of", false, fit::shrinks},
                 {"what"},
                 {"let in", true, fit::can_go},
                 {"refused", true, fit::shrinks},
                 {"", false, fit::shrinks}});
        const auto& all = overall().policies;
        std::vector<std::size_t> shown;
        for (std::size_t p = 0; p < all.size(); ++p)
            if (full() || did_something(all[p]))
                shown.push_back(p);
        const std::size_t left_out = limit(
            shown, [&](std::size_t a, std::size_t b) { return all[a].refused > all[b].refused; });
        for (const std::size_t p : shown)
            t.row({{all[p].edge},
                   {all[p].kind},
                   {admitted_text(all[p])},
                   {refused_text(all[p]), all[p].refused > 0 ? ink::doubtful : ink::dim},
                   {doings_text(all[p]), ink::dim}});
        return rendered(t) + more(left_out, "policy", "policies");
    }

    std::string endpoints() const {
        if (!full())
            return "";
        table t = traffic_table("endpoint");
        for (const auto& f : overall().endpoints)
            t.row(traffic_row(f.name, f, ink::plain));
        return rendered(t);
    }

    // ---- faults -------------------------------------------------------------------------------

    std::string fault_times(const fault_spec& f) const {
        std::size_t times = 0;
        duration begin{}, end{}, sum{};
        for (const fault_activation& a : merged_.activations)
            if (a.fault == f.name) {
                begin = times == 0 ? a.begin : begin;
                end = a.end;
                sum += a.end - a.begin;
                ++times;
            }
        if (times == 0)
            return "never on";
        if (!f.every)
            return fmt::format("{} to {}", time_of(begin), time_of(end));
        const std::string often = times == 1 ? "once" : fmt::format("{} times", times);
        return fmt::format("{}, {} in all", often, short_time(in_seconds(sum)));
    }

    std::string faults() const {
        table t({{"fault", false, fit::shrinks}, {"what"}, {"on"}, {"when"}});
        for (const fault_spec& f : scenario_.faults)
            t.row(
                {{f.name}, {std::string(name_of(f.what))}, {target_text(f.on)}, {fault_times(f)}});
        return rendered(t);
    }

    const scenario_spec& scenario_;
    const replicated_result& result_;
    const run_result& merged_;
    const run_account& account_;
    const text_options& options_;
    painter paint_;
    std::vector<phase_figures> phases_;
};

} // namespace

std::string text_report(const scenario_spec& scenario, const replicated_result& result,
                        const run_account& account, const text_options& options) {
    return report(scenario, result, account, options).write();
}

std::vector<std::string> text_blocks(const scenario_spec& scenario, const replicated_result& result,
                                     const run_account& account, const text_options& options) {
    return report(scenario, result, account, options).blocks();
}

} // namespace windtunnel::scenario
