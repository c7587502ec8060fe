// SPDX-License-Identifier: BSL-1.0
// Colours for people's eyes: a text and what it is, as ANSI escapes or as it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace windtunnel::scenario {

enum class ink : std::uint8_t { plain, strong, dim, good, bad, doubtful };

class painter {
  public:
    explicit painter(bool colours) : colours_(colours) {}
    std::string operator()(ink style, std::string_view text) const;

  private:
    bool colours_;
};

/// Columns that a UTF-8 text takes on a terminal, each character counted as one.
std::size_t columns_of(std::string_view text);
/// At most so many columns; what is cut ends in "…".
std::string cut_to(std::string_view text, std::size_t columns);
/// Lines of at most so many columns, broken at spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns);

} // namespace windtunnel::scenario
