// SPDX-License-Identifier: BSL-1.0
// A text table whose columns line up and that fits a width where it can: columns that may be left
// out go first, then the ones that may shrink are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/src/reports/paint.hpp"

namespace windtunnel::scenario {

struct cell {
    std::string text;
    ink style = ink::plain;
};

struct column {
    enum class fit : std::uint8_t { fixed, shrinks, can_go };
    std::string header;
    bool right = false; ///< aligned to the right
    fit when_narrow = fit::fixed;
};

class table {
  public:
    explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
    /// As many cells as there are columns.
    void row(std::vector<cell> cells);
    bool empty() const { return rows_.empty(); }
    /// Columns that it takes where nothing is left out or cut.
    std::size_t full_width() const;
    /// Lines with an indent of two, the header first and dim; nothing without rows.
    std::string render(const painter& paint, std::size_t width) const;

    /// A table of GitHub's Markdown with all columns; nothing without rows. Blanks at the beginning
    /// of a cell stay.
    std::string markdown() const;

  private:
    std::vector<std::size_t> full_widths() const;
    std::vector<std::size_t> widths(std::size_t width) const;
    std::string line(const std::vector<cell>& cells, const std::vector<std::size_t>& widths,
                     const painter& paint) const;

    std::vector<column> columns_;
    std::vector<std::vector<cell>> rows_;
};

} // namespace windtunnel::scenario
