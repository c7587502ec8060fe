// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/table.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "scenarios/src/reports/characters.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::size_t margin = 2, gap = 2, narrowest = 12;

std::size_t total(const std::vector<std::size_t>& widths) {
    std::size_t sum = margin;
    for (const std::size_t w : widths)
        sum += w == 0 ? 0 : w + gap;
    return sum - gap;
}

std::string markdown_cell(const std::string& text) {
    std::string out;
    const auto begin = std::min(text.find_first_not_of(' '), text.size());
    for (std::size_t i = 0; i < begin; ++i)
        out += "&nbsp;";
    return " " + out + markdown_text(text.substr(begin)) + " |";
}

} // namespace

void table::row(std::vector<cell> cells) {
    WINDTUNNEL_ASSERT(cells.size() == columns_.size());
    rows_.push_back(std::move(cells));
}

std::vector<std::size_t> table::full_widths() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = columns_of(columns_[i].header);
        for (const auto& cells : rows_)
            widest = std::max(widest, columns_of(cells[i].text));
        all.push_back(widest);
    }
    return all;
}

std::size_t table::full_width() const {
    return total(full_widths());
}

/// Of each column; 0 leaves it out.
std::vector<std::size_t> table::widths(std::size_t width) const {
    std::vector<std::size_t> all = full_widths();
    for (std::size_t i = columns_.size(); i-- > 0 && total(all) > width;)
        if (columns_[i].when_narrow == column::fit::can_go)
            all[i] = 0;
    for (std::size_t i = columns_.size(); i-- > 0 && total(all) > width;)
        if (columns_[i].when_narrow == column::fit::shrinks) {
            const std::size_t excess = total(all) - width;
            all[i] = std::max(std::min(all[i], narrowest), all[i] - std::min(all[i], excess));
        }
    return all;
}

std::string table::line(const std::vector<cell>& cells, const std::vector<std::size_t>& widths,
                        const painter& paint) const {
    std::string out(margin, ' ');
    std::size_t blanks = 0; // owed before the next text, so that no line ends in blanks
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (widths[i] == 0)
            continue;
        const std::string text = cut_to(cells[i].text, widths[i]);
        const std::size_t fill = widths[i] - columns_of(text);
        const std::size_t before = columns_[i].right ? fill : 0;
        if (!text.empty()) {
            out += std::string(blanks + before, ' ') + paint(cells[i].style, text);
            blanks = 0;
        }
        blanks += gap + (text.empty() ? widths[i] : fill - before);
    }
    return out + "\n";
}

std::string table::render(const painter& paint, std::size_t width) const {
    if (rows_.empty())
        return "";
    const auto fitted = widths(width);
    std::vector<cell> header;
    for (const column& c : columns_)
        header.push_back({c.header, ink::dim});
    std::string out = line(header, fitted, paint);
    for (const auto& cells : rows_)
        out += line(cells, fitted, paint);
    return out;
}

std::string table::markdown() const {
    if (rows_.empty())
        return "";
    std::string header = "|", rule = "|", body;
    for (const column& c : columns_) {
        header += markdown_cell(c.header);
        rule += c.right ? " ---: |" : " --- |";
    }
    for (const auto& cells : rows_) {
        body += "|";
        for (const cell& each : cells)
            body += markdown_cell(each.text);
        body += "\n";
    }
    return header + "\n" + rule + "\n" + body;
}

} // namespace windtunnel::scenario
