// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/table.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::size_t room_for_note = 200; ///< bytes

/// Indented, which needs no end that a cut could take away.
std::string code(const std::string& text) {
    std::string out = "\n    ";
    for (const char c : clean_text(text))
        out += c == '\n' ? "\n    " : std::string(1, c);
    return out + "\n";
}

std::string heading(bool below_another, verdict v, const std::string& text) {
    return fmt::format("{} {} {}\n", below_another ? "##" : "#", sign_of(v).mark,
                       markdown_text(text));
}

std::string verdict_line(const replicated_result& result) {
    const std::string why = meaning_of(result);
    return fmt::format("\n**{}**{}{}\n", words_of(result.verdict), why.empty() ? "" : ": ", why);
}

std::string expectations(const replicated_result& result) {
    table t({{""}, {"expectation"}, {"observed"}});
    std::string reasons;
    for (const expectation_result& each : result.expectations) {
        const std::string mark(sign_of(each.status).mark);
        t.row({{mark}, {each.expectation.text}, {observed_words(each)}});
        if (each.status == check_status::passed)
            continue;
        const topology::location& where = each.expectation.where;
        reasons += fmt::format("- {} {} ({}{})\n", mark, markdown_text(each.explanation),
                               markdown_text(where.file),
                               where.line > 0 ? fmt::format(":{}", where.line) : "");
    }
    if (t.empty())
        return "";
    return "\n" + t.markdown() + (reasons.empty() ? "" : "\n" + reasons);
}

} // namespace

markdown_writer::markdown_writer(const report_options& options) : options_(options) {
    options_.text.markdown = true;
    options_.text.colours = false;
}

void markdown_writer::add(const scenario_spec& scenario, const replicated_result& result,
                          const run_account& account) {
    std::string text = heading(options_.several, result.verdict, title_of(scenario));
    text += verdict_line(result) + "\n" +
            markdown_text(fmt::format("{}; {}, windtunnel {}", setting_of(scenario, result),
                                      seeds_of(scenario, result), result.merged.version)) +
            "\n" + expectations(result);
    if (options_.text.size != summary_size::off)
        for (const std::string& block : text_blocks(scenario, result, account, options_.text))
            text += "\n" + block;
    if (account.against != nullptr)
        text += "\n" + markdown_of_comparison(*account.against);
    if (!account.reproduce.empty())
        text += code(account.reproduce);
    verdicts_.push_back(result.verdict);
    compared_.push_back(compared(scenario, result));
    sections_.push_back({result.verdict, std::move(text)});
}

void markdown_writer::add_missing(const scenario_spec& scenario, verdict what,
                                  const std::string& why, const run_account& account) {
    std::string text = heading(options_.several, what, title_of(scenario)) +
                       fmt::format("\n**{}**\n", words_of(what)) + code(why);
    if (!account.reproduce.empty())
        text += "\nOnce more:\n" + code(account.reproduce);
    verdicts_.push_back(what);
    sections_.push_back({what, std::move(text)});
}

void markdown_writer::refuse(const topology::input_error& error, const std::string&) {
    sections_ = {
        {verdict::invalid,
         heading(false, verdict::invalid, "invalid input, nothing was run") + code(error.what())}};
    refused_ = true;
}

/// What stands above several runs.
std::string markdown_writer::overview() const {
    if (!options_.several || refused_)
        return "";
    std::string text = "# " + text_total(verdicts_, options_.text);
    const std::string rows = text_comparison(compared_, options_.text);
    return text + (rows.empty() ? "" : "\n" + rows);
}

std::string markdown_writer::document(verdict) const {
    std::string text = overview();
    for (const section& each : sections_)
        text += (text.empty() ? "" : "\n") + each.text;
    return text;
}

std::string markdown_writer::within(std::size_t bytes, verdict worst) const {
    std::string all = document(worst);
    if (all.size() <= bytes)
        return all;
    if (bytes < room_for_note)
        return "";
    std::vector<const section*> order;
    for (const section& each : sections_)
        order.push_back(&each);
    std::stable_sort(order.begin(), order.end(),
                     [](const section* a, const section* b) { return a->of > b->of; });
    all = overview();
    std::vector<std::size_t> ends{all.size()}; // of the overview and of each section
    for (const section* each : order) {
        all += (all.empty() ? "" : "\n") + each->text;
        ends.push_back(all.size());
    }
    const auto cut = all.rfind('\n', bytes - room_for_note) + 1; // 0: no line fits
    const auto whole =
        std::count_if(ends.begin() + 1, ends.end(), [&](std::size_t end) { return end <= cut; });
    return all.substr(0, cut) +
           fmt::format("\n*Cut here: {} of {} shown whole, the rest does not fit into {} bytes; "
                       "`-o report.md` has all.*\n",
                       whole, counted(order.size(), "run"), bytes);
}

} // namespace windtunnel::scenario
