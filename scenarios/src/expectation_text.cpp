// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/expectation_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/policy_expectation.hpp"
#include "scenarios/src/result.hpp"
#include "scenarios/src/subjects.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::in_quotes;
using topology::nearest;

constexpr std::string_view blanks = " \t";
constexpr std::string_view operators = "<>=!";

/// How each unit is written, for messages.
std::string_view unit_example(unit_kind unit) {
    switch (unit) {
    case unit_kind::time:
        return "a time: write 5ms or 5s";
    case unit_kind::share:
        return "a share: write 5% or 0.05";
    case unit_kind::rate:
        return "a rate: write 5/s";
    case unit_kind::count:
        return "a number without a unit: write 5 or 1.5";
    }
    return "";
}

class expectation_reader {
  public:
    expectation_reader(std::string_view text, const scenario_spec& scenario)
        : text_(text), scenario_(scenario) {}

    expectation_spec read() {
        result_.text = text_;
        read_subject();
        skip_blanks();
        if (take_word("recovers"))
            read_recovery();
        else
            read_comparison();
        return std::move(result_);
    }

  private:
    [[noreturn]] void fail(const std::string& message, std::size_t at,
                           std::string suggestion = {}) const {
        throw bad_expectation(message, at, std::move(suggestion));
    }

    // ---- the subject: everything up to the last ": " that leaves a known name
    // --------------------

    void read_subject() {
        std::size_t colon = text_.rfind(": ");
        if (colon == std::string_view::npos)
            fail("an expectation is written \"subject: metric < value\", as in \"" +
                     example_subject() + ": p99 < 200ms\"; there is no \": \" in it",
                 0);
        for (; colon != std::string_view::npos && colon > 0; colon = text_.rfind(": ", colon - 1))
            if (const auto kind = find_subject(text_.substr(0, colon), scenario_)) {
                result_.subject = text_.substr(0, colon);
                result_.what = *kind;
                at_ = colon + 2;
                return;
            }
        const auto missing = explain_missing(text_.substr(0, text_.find(": ")), scenario_);
        fail(missing.message, 0, missing.suggestion);
    }

    std::string example_subject() const {
        return scenario_.workloads.empty() ? "readers" : scenario_.workloads.front().name;
    }

    // ---- "recovers within 5s after 'f'" ---------------------------------------------------------

    void read_recovery() {
        const std::size_t within = next();
        if (!take_word("within"))
            fail("after \"recovers\" there must be \"within\" and a duration, as in \"recovers "
                 "within 5s\"",
                 within);
        result_.metric = metric::recovers_within;
        result_.op = comparison::less_equal;
        read_value(row_of(metric::recovers_within).name, unit_kind::time);
        const std::size_t at = next();
        read_phase();
        auto& phase = result_.phase;
        if (phase.when == phase_ref::kind::overall)
            phase = {phase_ref::kind::after, only_fault(at)};
        if (phase.when != phase_ref::kind::after)
            fail("\"recovers within\" counts from the end of a fault: write after 'fault'", at);
        check_phase(phase_kind::after, at);
        if (!has_phase(phase_kind::before))
            fail(fmt::format("before '{}' there is no time to compare with: it begins before the "
                             "warm-up ends; begin it later or shorten the warm-up",
                             phase.fault),
                 at);
    }

    std::string only_fault(std::size_t at) const {
        if (scenario_.faults.size() != 1)
            fail(scenario_.faults.empty()
                     ? "the scenario has no fault to recover from"
                     : "the scenario has several faults: write after which, as in after '" +
                           scenario_.faults.front().name + "'",
                 at);
        return scenario_.faults.front().name;
    }

    // ---- "p99 of failed < 2s always" ------------------------------------------------------------

    void read_comparison() {
        const std::size_t begin = at_;
        const std::size_t op = text_.find_first_of(operators, begin);
        std::string_view name = text_.substr(begin, op == std::string_view::npos ? op : op - begin);
        name = name.substr(0, name.find_last_not_of(blanks) + 1);
        read_metric(name, begin, op == std::string_view::npos);
        at_ = op;
        result_.op = read_operator();
        read_value(metric_text(result_), unit_of(result_));
        const std::size_t phase = next();
        read_phase();
        check_metric_phase(phase);
        if (result_.metric == metric::done)
            check_done(begin, phase);
    }

    /// That it can be done, and is asked for once.
    void check_done(std::size_t metric_at, std::size_t phase_at) const {
        for (const workload_spec& w : scenario_.workloads)
            if (w.name == result_.subject && !w.limit)
                fail(
                    fmt::format("{} has no \"limit\", so it is never done: give it one, or ask for "
                                "its latencies",
                                w.name),
                    metric_at);
        if (result_.phase.when != phase_ref::kind::overall)
            fail("\"done\" is about the whole run: leave the phase out", phase_at);
    }

    void read_metric(std::string_view name, std::size_t at, bool no_operator) {
        if (name.empty())
            fail("a metric is missing; " + known_metrics(), at);
        const std::string_view whole = name;
        read_outcome(name, at);
        const metric_row* row = find_metric(name, at);
        if (row == nullptr)
            fail_metric(name, at);
        if (!has_metric(*row, result_.what))
            fail(fmt::format("{} is {}, and \"{}\" is not measured there; {}",
                             in_quotes(result_.subject), with_article(result_.what), row->name,
                             known_metrics()),
                 at);
        result_.metric = row->metric;
        if (result_.outcome == latency_of::completed || row->metric == metric::lost)
            check_work(*row, at);
        if (is_of_policies(*row))
            check_policies(at);
        if (result_.outcome != latency_of::good && !is_latency(row->metric))
            fail(fmt::format("only latencies are \"of {0}\": mean of {0}, p99 of {0}",
                             to_string(result_.outcome)),
                 at + whole.rfind(" of ") + 1);
        if (no_operator)
            fail(fmt::format("after {} there must be a comparison: <, <=, >, >= or =",
                             in_quotes(whole)),
                 text_.size());
    }

    /// That there is work which outlives the answer.
    void check_work(const metric_row& row, std::size_t at) const {
        const std::string what =
            row.metric == metric::lost ? "lost" : fmt::format("{} of completed", row.name);
        if (result_.what != expectation_spec::subject_kind::workload)
            fail(fmt::format("{} is {}, and \"{}\" is measured of workloads alone",
                             in_quotes(result_.subject), with_article(result_.what), what),
                 at);
        const auto& services = scenario_.topology.services;
        const bool has_broker = std::any_of(services.begin(), services.end(), [](const auto& s) {
            return s.endpoints.front().destination.has_value();
        });
        if (!has_broker)
            fail(fmt::format("\"{}\" is of work in queues and topics, and the topology has "
                             "neither",
                             what),
                 at);
    }

    /// That the subject has what the metric is about.
    void check_policies(std::size_t at) const {
        if (const auto complaint = find_policy_complaint(result_, scenario_))
            fail(complaint->message, complaint->other_subject.empty() ? at : 0,
                 complaint->other_subject);
    }

    /// Cuts " of good", " of failed", " of all" off.
    void read_outcome(std::string_view& name, std::size_t at) {
        const std::size_t of = name.rfind(" of ");
        if (of == std::string_view::npos || name.starts_with("calls per "))
            return;
        const std::string_view word = name.substr(of + 4);
        for (const latency_of each :
             {latency_of::good, latency_of::failed, latency_of::all, latency_of::completed})
            if (word == to_string(each)) {
                result_.outcome = each;
                name = name.substr(0, of);
                return;
            }
        fail("latencies are \"of good\", \"of failed\", \"of all\" or \"of completed\" requests, "
             "not of " +
                 in_quotes(word),
             at + of + 4, nearest(word, {"good", "failed", "all", "completed"}));
    }

    const metric_row* find_metric(std::string_view name, std::size_t at) {
        constexpr std::string_view calls = "calls per ", errors = "errors(", refused = "refused(";
        if (name.starts_with(calls)) {
            read_relative(name.substr(calls.size()), at + calls.size());
            return &row_of(metric::calls_per);
        }
        if (name.starts_with(errors)) {
            read_reason("errors", name.substr(errors.size()), at + errors.size());
            return &row_of(metric::errors);
        }
        if (name.starts_with(refused)) {
            read_refusal(name.substr(refused.size()), at + refused.size());
            return &row_of(metric::refused);
        }
        for (const metric_row& row : metric_table())
            if (row.name == name && !is_only_a_form(row))
                return &row;
        return is_policy_figure(name) ? find_policy_figure(name, at) : nullptr;
    }

    /// Whose name stands for others.
    static bool is_only_a_form(const metric_row& row) {
        return row.metric == metric::calls_per || row.metric == metric::recovers_within ||
               row.metric == metric::policy_count || row.metric == metric::policy_mean;
    }

    const metric_row* find_policy_figure(std::string_view name, std::size_t at) {
        if (!has_metric(row_of(metric::policy_count), result_.what))
            return &row_of(metric::policy_count); // which the subject has not
        if (const auto complaint = read_policy_figure(name, result_))
            fail(complaint->message, at, complaint->suggestion);
        return &row_of(result_.metric);
    }

    void read_relative(std::string_view name, std::size_t at) {
        const auto names = workload_names(scenario_);
        if (std::find(names.begin(), names.end(), name) == names.end())
            fail(fmt::format("calls are counted per request of a workload; no workload is called "
                             "{}; there is {}",
                             in_quotes(name), listed(names)),
                 at, nearest(name, names));
        result_.relative_to = name;
    }

    void read_reason(std::string_view of, std::string_view rest, std::size_t at) {
        if (!rest.ends_with(")"))
            fail(fmt::format("the reason of {}(...) ends with \")\"", of), at + rest.size());
        rest.remove_suffix(1);
        std::vector<std::string> names;
        for (int i = 0; i < failure_kind_count; ++i)
            names.emplace_back(windtunnel::to_string(static_cast<failure_kind>(i)));
        if (!failure_kind_from(rest))
            fail(fmt::format("{} is no reason of a failure; there is {}", in_quotes(rest),
                             listed(names, names.size())),
                 at, nearest(rest, names));
        result_.reason = rest;
    }

    void read_refusal(std::string_view rest, std::size_t at) {
        read_reason("refused", rest, at);
        const auto known = refusal_reasons();
        if (result_.what == expectation_spec::subject_kind::edge &&
            std::find(known.begin(), known.end(), result_.reason) == known.end())
            fail(fmt::format("no policy refuses for {}; there is {}", in_quotes(result_.reason),
                             fmt::join(known, ", ")),
                 at);
    }

    [[noreturn]] void fail_metric(std::string_view name, std::size_t at) const {
        std::vector<std::string> names;
        for (const metric_row& row : metric_table())
            names.emplace_back(row.name);
        std::string suggestion = nearest(name, names);
        constexpr auto synonyms = std::to_array<std::pair<std::string_view, std::string_view>>(
            {{"median", "p50"},
             {"latency", "mean"},
             {"average", "mean"},
             {"error rate", "errors"},
             {"throughput", "rate"},
             {"utilization", "utilisation"},
             {"queue", "in queue"},
             {"maximum", "max"},
             {"p999", "p99.9"},
             {"success", "goodput"}});
        for (const auto& [word, meant] : synonyms)
            if (word == name)
                suggestion = meant;
        fail(fmt::format("{} is no metric; {}", in_quotes(name), known_metrics()), at, suggestion);
    }

    std::string known_metrics() const {
        std::vector<std::string> names;
        for (const metric_row& row : metric_table())
            if (has_metric(row, result_.what))
                names.emplace_back(row.name);
        return fmt::format("{} has {}", with_article(result_.what), listed(names, names.size()));
    }

    // ---- operator, value, phase -----------------------------------------------------------------

    comparison read_operator() {
        constexpr auto known = std::to_array<std::pair<std::string_view, comparison>>(
            {{"<", comparison::less},
             {"<=", comparison::less_equal},
             {">", comparison::greater},
             {">=", comparison::greater_equal},
             {"=", comparison::equal},
             {"==", comparison::equal}});
        const std::size_t begin = at_;
        at_ = std::min(text_.find_first_not_of(operators, begin), text_.size());
        const std::string_view written = text_.substr(begin, at_ - begin);
        for (const auto& [name, op] : known)
            if (written == name)
                return op;
        fail(fmt::format("{} is no comparison; there is <, <=, >, >= and =", in_quotes(written)),
             begin);
    }

    void read_value(std::string_view name, unit_kind unit) {
        const std::size_t begin = next();
        std::size_t end = std::min(text_.find_first_of(blanks, begin), text_.size());
        if (begin == end)
            fail(fmt::format("a value is missing; {} is {}", name, unit_example(unit)), begin);
        const std::string_view word = text_.substr(begin, end - begin);
        at_ = end;
        try {
            result_.bound = parse_value(word, unit);
        } catch (const topology::bad_quantity& error) {
            fail_value(word, name, unit, begin, error);
        }
    }

    /// As everywhere, but for a bare 1, which is meant as 1 % by some and as all by others.
    static double parse_share(std::string_view word) {
        const double share = topology::parse_share(word);
        if (share == 1 && !word.ends_with('%'))
            throw topology::bad_quantity("a bare 1 is meant as 1% by some");
        return share;
    }

    static double parse_value(std::string_view word, unit_kind unit) {
        switch (unit) {
        case unit_kind::time:
            return to_seconds(topology::parse_duration(word));
        case unit_kind::share:
            return parse_share(word);
        case unit_kind::rate:
            return topology::parse_rate(word);
        case unit_kind::count:
            return topology::parse_number(word);
        }
        return 0;
    }

    [[noreturn]] void fail_value(std::string_view word, std::string_view name, unit_kind unit,
                                 std::size_t at, const topology::bad_quantity& error) {
        const std::size_t rest = next();
        const std::string joined =
            std::string(word) +
            std::string(text_.substr(rest, text_.find_first_of(blanks, rest) - rest));
        if (joined != word && parses(joined, unit))
            fail(fmt::format("{} is {}, without a space", name, unit_example(unit)), at, joined);
        for (const unit_kind other :
             {unit_kind::time, unit_kind::share, unit_kind::rate, unit_kind::count})
            if (other != unit && parses(word, other))
                fail(fmt::format("{} is {}, not {}", name, unit_example(unit), in_quotes(word)),
                     at);
        fail(fmt::format("{} is {}; {}", name, unit_example(unit), error.what()), at,
             error.suggestion());
    }

    static bool parses(std::string_view word, unit_kind unit) {
        try {
            parse_value(word, unit);
            return true;
        } catch (const topology::bad_quantity&) {
            return false;
        }
    }

    void read_phase() {
        const std::size_t begin = next();
        if (begin == text_.size())
            return;
        using kind = phase_ref::kind;
        constexpr auto words = std::to_array<std::pair<std::string_view, kind>>(
            {{"before", kind::before}, {"during", kind::during}, {"after", kind::after}});
        if (take_word("always")) {
            result_.phase.when = kind::always;
            expect_end();
            return;
        }
        for (const auto& [word, when] : words)
            if (take_word(word)) {
                result_.phase.when = when;
                read_fault();
                return;
            }
        const std::string_view rest = text_.substr(begin);
        fail(fmt::format("{} does not belong here; after the value there may be always, before "
                         "'fault', during 'fault' or after 'fault'",
                         in_quotes(rest)),
             begin,
             nearest(rest.substr(0, rest.find_first_of(blanks)),
                     {"always", "before", "during", "after"}));
    }

    void read_fault() {
        const std::size_t begin = next();
        const std::string_view rest = text_.substr(begin);
        const std::size_t close = rest.rfind('\'');
        if (!rest.starts_with('\'') || close == 0)
            fail("the name of a fault stands in single quotes, as in after '" +
                     (scenario_.faults.empty() ? "slow" : scenario_.faults.front().name) + "'",
                 begin);
        at_ = begin + close + 1;
        const std::string_view name = rest.substr(1, close - 1);
        const auto names = fault_names(scenario_);
        if (std::find(names.begin(), names.end(), name) == names.end())
            fail(names.empty() ? "the scenario has no faults, so none called " + in_quotes(name)
                               : fmt::format("no fault is called {}; there is {}", in_quotes(name),
                                             listed(names)),
                 begin + 1, nearest(name, names));
        result_.phase.fault = name;
        expect_end();
    }

    void check_metric_phase(std::size_t at) {
        using kind = phase_ref::kind;
        if (result_.phase.when == kind::before)
            check_phase(phase_kind::before, at);
        else if (result_.phase.when == kind::during)
            check_phase(phase_kind::during, at);
        else if (result_.phase.when == kind::after)
            check_phase(phase_kind::after, at);
    }

    bool has_phase(phase_kind kind) const {
        const auto phases = phases_of(scenario_);
        return std::any_of(phases.begin(), phases.end(), [&](const phase& p) {
            return p.kind == kind && p.fault == result_.phase.fault;
        });
    }

    void check_phase(phase_kind kind, std::size_t at) const {
        if (has_phase(kind))
            return;
        const std::string& fault = result_.phase.fault;
        if (kind == phase_kind::before)
            fail(fmt::format("nothing is measured before '{}': it begins before the warm-up ends; "
                             "begin it later or shorten the warm-up",
                             fault),
                 at);
        if (kind == phase_kind::during)
            fail(fmt::format("nothing is measured during '{}': it is over before the warm-up ends; "
                             "begin it later or shorten the warm-up",
                             fault),
                 at);
        fail(fmt::format("nothing is measured after '{}': it lasts to the end of the run; end it "
                         "earlier (`for`) or lengthen the run (`duration`)",
                         fault),
             at);
    }

    // ---- characters -----------------------------------------------------------------------------

    void skip_blanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }
    std::size_t next() {
        skip_blanks();
        return at_;
    }

    bool take_word(std::string_view word) {
        skip_blanks();
        const std::string_view rest = text_.substr(at_);
        const bool here =
            rest.starts_with(word) && (rest.size() == word.size() ||
                                       blanks.find(rest[word.size()]) != std::string_view::npos);
        if (here)
            at_ += word.size();
        return here;
    }

    void expect_end() {
        if (next() != text_.size())
            fail(in_quotes(text_.substr(at_)) +
                     " does not belong here; the expectation ends before it",
                 at_);
    }

    std::string_view text_;
    const scenario_spec& scenario_;
    std::size_t at_ = 0;
    expectation_spec result_{};
};

} // namespace

bad_expectation::bad_expectation(const std::string& message, std::size_t at, std::string suggestion)
    : std::invalid_argument(message), at_(at), suggestion_(std::move(suggestion)) {}

expectation_spec parse_expectation(std::string_view text, const scenario_spec& scenario) {
    return expectation_reader(text, scenario).read();
}

} // namespace windtunnel::scenario
