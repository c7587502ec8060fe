// SPDX-License-Identifier: BSL-1.0
// The arguments within a text such as "poisson(200/s)" or "lognormal(mean=4ms, p99=12ms)", by their
// names, for changes from outside. Those that stand without a name have that of their place
// ("rate"), as the readers of arrivals and distributions have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::scenario {

/// {"mean", "p99"}, in the text's order; nothing where the text is no function.
std::vector<std::string> argument_names(std::string_view text);
/// "4ms"; nothing where there is none of that name.
std::optional<std::string> argument_of(std::string_view text, std::string_view name);
/// The text with another value of that argument; nothing where there is none of that name.
std::optional<std::string> with_argument(std::string_view text, std::string_view name,
                                         std::string_view value);

} // namespace windtunnel::scenario
