// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/compare_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenarios/src/expectation_metrics.hpp"
#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

namespace {

using fit = column::fit;

/// "+12.3 %", "-0.4 %", "x 14": what has grown tenfold is easier to read as a factor.
std::string percent(double relative) {
    constexpr double much = 10;
    if (relative >= much)
        return fmt::format("x {:.3g}", relative + 1);
    const double shown = relative * 100;
    const int digits = std::abs(shown) >= 99.95 ? 0 : 1;
    return fmt::format("{:+.{}f} %", shown, digits);
}

std::string change_text(const compared_figure& f) {
    if (f.after == f.before)
        return "same";
    const auto relative = f.relative();
    return relative ? percent(*relative) : "from 0";
}

/// Of the relative change, or of the change itself where it was 0 before.
std::string range_text(const compared_figure& f) {
    if (const auto r = f.relative_change())
        return fmt::format("{} to {}", percent(r->low), percent(r->high));
    if (!f.change)
        return "not known";
    return fmt::format("{} to {}", value_text(f.change->low, f.unit),
                       value_text(f.change->high, f.unit));
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
        return {"no difference shown", ink::dim};
    case difference::not_to_judge:
        break;
    }
    return {"not to judge", ink::dim};
}

bool differs(const compared_figure& f) {
    return f.verdict == difference::better || f.verdict == difference::worse ||
           f.verdict == difference::changed;
}

std::string table_of(const comparison_report& r, const text_options& options) {
    const bool full = options.size == summary_size::full;
    table t({{"figure", false, fit::shrinks},
             {r.before, true, fit::shrinks},
             {r.after, true, fit::shrinks},
             {"change", true},
             {"interval", true, fit::can_go},
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
    return t.render(painter(options.colours), options.width);
}

std::string how_sure(const result_comparison& c) {
    const std::string runs =
        c.replications_before == c.replications_after
            ? counted(c.replications_after, "run") + " each"
            : fmt::format("{} and {} runs", c.replications_before, c.replications_after);
    return fmt::format("{}, {}; all intervals together hold at {}{}", runs,
                       c.paired ? "of the same seeds, compared one by one" : "of different seeds",
                       value_text(c.how.confidence, unit_kind::share),
                       c.how.tolerance > 0
                           ? fmt::format("; changes of up to {} do not count",
                                         value_text(c.how.tolerance, unit_kind::share))
                           : "");
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

std::string list_of(const char* what, const std::string& where,
                    const std::vector<std::string>& names) {
    constexpr std::size_t most = 5;
    if (names.empty())
        return "";
    const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size()));
    return fmt::format("{} {}: {}{}", what, where, fmt::join(names.begin(), end, ", "),
                       names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
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

std::string indented(const std::string& text, std::size_t width) {
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        out += wrapped(text.substr(begin, end - begin), begin == 0 ? 2 : 4, width);
        begin = end + 1;
    }
    return out;
}

} // namespace

std::string text_of_comparison(const comparison_report& r, const text_options& options) {
    const painter paint(options.colours);
    std::string out = paint(ink::strong, fmt::format("{} against {}", r.after, r.before)) + "\n" +
                      table_of(r, options) + indented(count_text(r.changes), options.width);
    for (const std::string& line :
         {how_sure(r.changes), list_of("only in", r.before, r.changes.only_before),
          list_of("only in", r.after, r.changes.only_after), parting_text(r)})
        out += line.empty() ? "" : paint(ink::dim, indented(line, options.width));
    return out;
}

std::string text_of_changes(const run_account& account, const text_options& options) {
    const bool shown = account.against != nullptr && options.size != summary_size::off;
    return shown ? "\n" + text_of_comparison(*account.against, options) : "";
}

std::string worse_text(const comparison_report& r) {
    const std::size_t worse = r.changes.count(difference::worse);
    return fmt::format("{} {} worse than in {}", counted(worse, "figure"),
                       worse == 1 ? "is" : "are", r.before);
}

std::string markdown_of_comparison(const comparison_report& r) {
    std::string out =
        fmt::format("### {} against {}\n\n", markdown_text(r.after), markdown_text(r.before));
    const bool any = std::any_of(r.changes.figures.begin(), r.changes.figures.end(), differs);
    if (any)
        out += fmt::format("| figure | {} | {} | change | interval | |\n"
                           "|---|--:|--:|--:|--:|---|\n",
                           markdown_text(r.before), markdown_text(r.after));
    for (const compared_figure& f : r.changes.figures)
        if (differs(f))
            out += fmt::format("| {} | {} | {} | {} | {} | {} |\n", markdown_text(f.name),
                               value_text(f.before, f.unit), value_text(f.after, f.unit),
                               change_text(f), range_text(f), sign_of(f.verdict).mark);
    return out + (any ? "\n" : "") + count_text(r.changes) + ".\n\n" + how_sure(r.changes) + ".\n";
}

} // namespace windtunnel::scenario
