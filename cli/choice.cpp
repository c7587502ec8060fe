// SPDX-License-Identifier: BSL-1.0
#include "cli/choice.hpp"

#include <fmt/format.h>

#include <span>

#include "cli/help.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

void refuse_word(const std::string& of, const std::string& word,
                 const std::vector<std::string>& known) {
    const std::string near = topology::nearest(word, known);
    throw usage_error(fmt::format("{}: expected {} or {}, found {}{}", of,
                                  fmt::join(std::span(known).first(known.size() - 1), ", "),
                                  known.back(), topology::in_quotes(word),
                                  near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

} // namespace windtunnel::cli
