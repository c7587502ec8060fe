// SPDX-License-Identifier: BSL-1.0
// How requests arrive, as a user writes it: "poisson(200/s)", "ramp(from=10/s, to=100/s,
// over=60s)". One table of the forms, for the parser, the schema and the reference. Arguments are
// named or in the table's order. Errors: bad_quantity, which says what the form is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/spec.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::scenario {

struct arrivals_form {
    std::string_view name, example, meaning;
};

std::span<const arrivals_form> arrivals_forms();

arrivals_spec parse_arrivals(std::string_view text);
/// What parse_arrivals would read as the same; users are "12 users, think exponential(mean=1s)".
std::string arrivals_text(const arrivals_spec& arrivals);

topology::value_kind<arrivals_spec> arrivals_kind();
topology::definition arrivals_definition();

} // namespace windtunnel::scenario
