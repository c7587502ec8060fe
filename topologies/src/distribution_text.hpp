// SPDX-License-Identifier: BSL-1.0
// Distributions as a user writes them: what sim::distribution::describe() says, and a little more.
//   4ms | exponential(mean=5ms) | uniform(1ms, 3ms) | erlang(k=4, mean=4ms)
//   | hyperexponential(mean=4ms, scv=10) | hyperexponential(0.95: 5ms, 0.05: 100ms)
//   | lognormal(mean=4ms, p99=12ms) | lognormal(mean=4ms, scv=2) | pareto(min=1ms, shape=1.5,
//   cap=10s) | pareto(mean=3ms, shape=1.5) | empirical(1ms, 2ms) | empirical(3: 1ms, 1: 2ms) |
//   empirical(p0=1ms, p50=2ms, p100=9ms), with "2ms + " in front when shifted
// Errors: bad_quantity, or std::invalid_argument from the distribution itself.
#pragma once

#include <string_view>

#include "sim-core/engine/distribution.hpp"
#include "topologies/src/field_table.hpp"

namespace windtunnel::topology {

sim::distribution parse_distribution(std::string_view text);

value_kind<sim::distribution> distribution_kind();
definition distribution_definition();

} // namespace windtunnel::topology
