// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/key_text.hpp"

#include <fmt/format.h>

#include <charconv>

#include "topologies/src/argument_list.hpp"

namespace windtunnel::topology {

namespace {

constexpr const char* uniform_example = "uniform(10000)";
constexpr const char* zipf_example = "zipf(0.8, 10000)";

std::uint64_t parse_count(std::string_view text) {
    std::uint64_t keys = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), keys);
    if (error != std::errc{} || end != text.data() + text.size())
        throw bad_quantity(fmt::format("expected a whole number of keys such as 10000, found {}",
                                       in_quotes(text)));
    return keys;
}

} // namespace

sim::key_distribution parse_keys(std::string_view text) {
    text = trimmed(text);
    const auto open = text.find('(');
    const std::string name(trimmed(text.substr(0, open)));
    const bool known = name == "uniform" || name == "zipf";
    if (!known || open == std::string_view::npos || !text.ends_with(')'))
        throw bad_quantity(fmt::format("expected keys such as \"{}\" or \"{}\", found {}",
                                       zipf_example, uniform_example, in_quotes(text)),
                           nearest(name, {"uniform", "zipf"}));
    const bool even = name == "uniform";
    argument_list given(name, even ? uniform_example : zipf_example,
                        text.substr(open + 1, text.size() - open - 2));
    given.name_in_order(even ? std::vector<std::string>{"keys"}
                             : std::vector<std::string>{"exponent", "keys"});
    const double exponent = even ? 0 : parse_number(given.take("exponent"));
    const std::uint64_t keys = parse_count(given.take("keys"));
    given.finish();
    return even ? sim::key_distribution::uniform(keys)
                : sim::key_distribution::zipf(exponent, keys);
}

value_kind<sim::key_distribution> keys_kind() {
    return {"keys", schema_reference("keys"), [](const node& at) {
                if (!at.is_string())
                    fail_expected(at, "keys");
                return located(at, [&] { return parse_keys(at.string()); });
            }};
}

definition keys_definition() {
    return {"keys",
            "Text: `zipf(0.8, 10000)`, 10000 keys of which the k-th has a share in proportion to 1 "
            "/ k^0.8; or `uniform(10000)`, each of 10000 keys alike.",
            {},
            R"({"type":"string","pattern":"^ *(uniform|zipf)\\(.+\\) *$"})"};
}

} // namespace windtunnel::topology
