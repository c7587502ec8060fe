// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/compare_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

namespace {

/// What has grown tenfold is easier to read as a factor; in one form in all of a figure's row.
bool grows_tenfold(const compared_figure& f) {
    constexpr double much = 10;
    const auto range = f.relative_change();
    return f.relative().value_or(0) >= much || (range && range->high >= much);
}

/// "+12.3 %", "-0.4 %"; as a factor "x 14".
std::string relative_text(double relative, bool as_factor) {
    if (as_factor)
        return fmt::format("x {:.3g}", relative + 1);
    const double shown = std::abs(relative) < 0.0005 ? 0 : relative * 100; // no "-0.0"
    const int digits = std::abs(shown) >= 99.95 ? 0 : 1;
    return fmt::format("{:+.{}f} %", shown, digits);
}

std::string change_text(const compared_figure& f) {
    if (f.after == f.before)
        return "same";
    const auto relative = f.relative();
    return relative ? relative_text(*relative, grows_tenfold(f)) : "from 0";
}

/// Of the relative change, or of the change itself where it was 0 before.
std::string range_text(const compared_figure& f) {
    const bool as_factor = grows_tenfold(f);
    if (const auto r = f.relative_change())
        return fmt::format("{} to {}", relative_text(r->low, as_factor),
                           relative_text(r->high, as_factor));
    const auto change = f.possible_change();
    if (!change)
        return "not known";
    return fmt::format("{} to {}", value_text(change->low, f.unit),
                       value_text(change->high, f.unit));
}

sign sign_of(difference d) {
    switch (d) {
    case difference::better:
        return {"better", ink::good};
    case difference::worse:
        return {"worse", ink::bad};
    case difference::changed:
        return {"changed", ink::doubtful};
    case difference::none_shown:
        return {"none shown", ink::dim};
    case difference::not_to_judge:
        break;
    }
    return {"not to judge", ink::dim};
}

bool differs(const compared_figure& f) {
    return f.verdict == difference::better || f.verdict == difference::worse ||
           f.verdict == difference::changed;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

/// The first line by two, the others by four.
std::string indented(const std::string& text, std::size_t width) {
    std::string out;
    for (const std::string& line : lines_of(text))
        out += wrapped(line, out.empty() ? 2 : 4, width);
    return out;
}

/// What the two are called in the head of a table.
struct side_names {
    std::string before, after;
};

/// Nothing is cut or left out: the interval is what the table is about, and figures whose names are
/// cut cannot be told apart.
table changes_table(const comparison_report& r, const side_names& names, bool full) {
    table t({{"figure"},
             {names.before, true},
             {names.after, true},
             {"change", true},
             {"interval", true},
             {""}});
    for (const compared_figure& f : r.changes.figures) {
        if (!differs(f) && !full)
            continue;
        const sign s = sign_of(f.verdict);
        t.row({{f.name},
               {value_text(f.before, f.unit)},
               {value_text(f.after, f.unit)},
               {change_text(f), s.style},
               {range_text(f), ink::dim},
               {std::string(s.mark), s.style}});
    }
    return t;
}

/// Under the names of the two where there is room for them, else under "before" and "after", which
/// a line above explains.
std::string fitted_table(const comparison_report& r, const text_options& options) {
    const bool full = options.size == summary_size::full;
    const painter paint(options.colours);
    const table named = changes_table(r, {r.before, r.after}, full);
    constexpr std::size_t short_enough = 12; // as wide as values are
    if (named.full_width() <= options.width ||
        std::max(columns_of(r.before), columns_of(r.after)) <= short_enough || named.empty())
        return named.render(paint, options.width);
    const std::string legend = indented(fmt::format("before: {}", r.before), options.width) +
                               indented(fmt::format("after: {}", r.after), options.width);
    return paint(ink::dim, legend) +
           changes_table(r, {"before", "after"}, full).render(paint, options.width);
}

/// "1 to 10", or the first of those that do not follow each other.
std::string seeds_text(const std::vector<std::uint64_t>& seeds) {
    constexpr std::size_t most = 5;
    if (seeds.empty())
        return "none";
    bool follow = true;
    for (std::size_t i = 1; i < seeds.size(); ++i)
        follow = follow && seeds[i] == seeds[i - 1] + 1;
    if (seeds.size() > 2 && follow)
        return fmt::format("{} to {}", seeds.front(), seeds.back());
    const auto end = seeds.begin() + static_cast<std::ptrdiff_t>(std::min(most, seeds.size()));
    return fmt::format("{}{}", fmt::join(seeds.begin(), end, ", "),
                       seeds.size() > most ? fmt::format(" and {} more", seeds.size() - most) : "");
}

std::string whose_seeds(const result_comparison& c) {
    if (c.paired)
        return "of the same seeds, compared one by one";
    if (c.seeds_before == c.seeds_after)
        return "of the same seeds, but put together in other groups, so not compared one by one";
    return fmt::format("of the seeds {} and {}, which are not the same, so not compared one by one",
                       seeds_text(c.seeds_before), seeds_text(c.seeds_after));
}

std::string how_sure(const result_comparison& c) {
    const std::string runs =
        c.replications_before == c.replications_after
            ? counted(c.replications_after, "run") + " each"
            : fmt::format("{} and {} runs", c.replications_before, c.replications_after);
    return fmt::format("{}, {}; all intervals together hold at {}{}", runs, whose_seeds(c),
                       value_text(c.how.confidence, unit_kind::share),
                       c.how.tolerance > 0
                           ? fmt::format("; changes of up to {} do not count",
                                         value_text(c.how.tolerance, unit_kind::share))
                           : "");
}

/// Where nothing can be judged because there is nothing to tell chance by.
std::string remedy(const result_comparison& c) {
    const bool too_few = std::min(c.replications_before, c.replications_after) == 1;
    return too_few && c.count(difference::not_to_judge) > 0
               ? "a single run does not tell what chance does: save results of 10 runs "
                 "(windtunnel run ... --replications 10)"
               : "";
}

/// "3 figures are worse, 2 better; no difference shown in 14"
std::string count_text(const result_comparison& c) {
    std::string text;
    const auto say = [&](difference d, const char* what) {
        if (const auto n = c.count(d); n > 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, what);
    };
    say(difference::worse, "worse");
    say(difference::better, "better");
    say(difference::changed, "changed");
    const auto same = c.count(difference::none_shown), open = c.count(difference::not_to_judge);
    if (text.empty() && open == 0)
        return fmt::format("no difference shown in any of {}", counted(same, "figure"));
    if (same > 0)
        text += fmt::format("{}no difference shown in {}", text.empty() ? "" : "; ",
                            counted(same, "figure"));
    if (open > 0)
        text +=
            fmt::format("{}{} cannot be judged", text.empty() ? "" : "; ", counted(open, "figure"));
    return text;
}

constexpr std::size_t first_of_them = 5, all_of_them = std::numeric_limits<std::size_t>::max();

/// "readers: p99, readers: mean and 3 more"
std::string first_names(const std::vector<std::string_view>& names, std::size_t most) {
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size()));
    return fmt::format("{}{}", fmt::join(names.begin(), end, ", "),
                       names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
}

std::string only_in_text(const std::string& where, const std::vector<figure_sample>& figures,
                         std::size_t most) {
    if (figures.empty())
        return "";
    std::vector<std::string_view> names;
    for (const figure_sample& each : figures)
        names.push_back(each.name);
    return fmt::format("only in {}: {}", where, first_names(names, most));
}

std::string parting_text(const comparison_report& r) {
    if (!r.seed)
        return "";
    if (!r.parted)
        return fmt::format("the runs of seed {} are the same, event by event", *r.seed);
    const divergence& d = *r.parted;
    const auto said = [](const std::string& event) {
        return event.empty() ? "nothing more happens" : event;
    };
    return fmt::format("the runs of seed {} are the same for {}; then\n{}: {}\n{}: {}", *r.seed,
                       counted(d.alike, "event"), r.before, said(d.before), r.after, said(d.after));
}

/// A paragraph, and where the runs part a list of what happens in each.
std::string markdown_parting(const comparison_report& r) {
    const auto lines = lines_of(parting_text(r));
    std::string out;
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += (i == 0 ? "\n" : "- ") + markdown_text(lines[i]) +
               (i > 0               ? "\n"
                : lines.size() == 1 ? ".\n"
                                    : "\n\n");
    return out;
}

/// Of what differs.
std::string markdown_rows(const comparison_report& r) {
    if (std::none_of(r.changes.figures.begin(), r.changes.figures.end(), differs))
        return "";
    std::string out = fmt::format("\n| figure | {} | {} | change | interval | |\n"
                                  "|---|--:|--:|--:|--:|---|\n",
                                  markdown_text(r.before), markdown_text(r.after));
    for (const compared_figure& f : r.changes.figures)
        if (differs(f))
            out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_text(f.name),
                               value_text(f.before, f.unit), value_text(f.after, f.unit),
                               change_text(f), range_text(f), sign_of(f.verdict).mark);
    return out;
}

} // namespace

std::string text_of_comparison(const comparison_report& r, const text_options& options) {
    const painter paint(options.colours);
    const std::size_t most = options.size == summary_size::full ? all_of_them : first_of_them;
    std::string out = paint(ink::strong, fmt::format("{} against {}", r.after, r.before)) + "\n" +
                      fitted_table(r, options) + indented(count_text(r.changes), options.width);
    for (const std::string& line :
         {how_sure(r.changes), remedy(r.changes),
          only_in_text(r.before, r.changes.only_before, most),
          only_in_text(r.after, r.changes.only_after, most), parting_text(r)})
        out += line.empty() ? "" : paint(ink::dim, indented(line, options.width));
    return out;
}

std::string text_of_changes(const run_account& account, const text_options& options) {
    if (account.against == nullptr)
        return "";
    if (options.size != summary_size::off)
        return "\n" + text_of_comparison(*account.against, options);
    std::string out;
    if (account.against->changes.count(difference::worse) > 0)
        out += indented(worse_text(*account.against), options.width);
    return out + indented(only_in_text(account.against->before,
                                       account.against->changes.only_before, first_of_them),
                          options.width);
}

std::string worse_text(const comparison_report& r) {
    std::vector<std::string_view> names;
    for (const compared_figure& each : r.changes.figures) // the largest first
        if (each.verdict == difference::worse)
            names.push_back(each.name);
    return fmt::format("{} {} worse than in {}{}{}", counted(names.size(), "figure"),
                       names.size() == 1 ? "is" : "are", r.before, names.empty() ? "" : ": ",
                       first_names(names, first_of_them));
}

std::string markdown_of_comparison(const comparison_report& r) {
    std::string out =
        fmt::format("### {} against {}\n", markdown_text(r.after), markdown_text(r.before)) +
        markdown_rows(r);
    for (const std::string& each : {count_text(r.changes), how_sure(r.changes), remedy(r.changes),
                                    only_in_text(r.before, r.changes.only_before, first_of_them),
                                    only_in_text(r.after, r.changes.only_after, first_of_them)})
        out += each.empty() ? "" : "\n" + markdown_text(each) + ".\n";
    return out + markdown_parting(r);
}

std::string text_of_comparisons(const comparison_document& all, const text_options& options) {
    std::string out;
    for (const comparison_report& each : all.reports)
        out += (out.empty() ? "" : "\n") + text_of_comparison(each, options);
    for (std::size_t i = 0; i < all.left_out.size(); ++i)
        out += (i == 0 ? "\n" : "") + wrapped(all.left_out[i], 0, options.width);
    return out;
}

std::string markdown_of_comparisons(const comparison_document& all) {
    std::string out;
    for (const comparison_report& each : all.reports)
        out += (out.empty() ? "" : "\n") + markdown_of_comparison(each);
    for (const std::string& each : all.left_out)
        out += "\n" + markdown_text(each) + ".\n";
    return out;
}

} // namespace windtunnel::scenario
