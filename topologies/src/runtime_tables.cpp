// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/runtime_tables.hpp"

#include <fmt/format.h>

#include "topologies/src/distribution_text.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::topology {

namespace {

using namespace std::chrono_literals;

/// As the kernel demands.
value_kind<duration> period_kind() {
    auto any = duration_kind();
    return {any.name, any.schema, [read = any.read](const node& at) {
                const duration period = read(at);
                if (period < 1ms || period > 1s)
                    fail(at, fmt::format("expected from 1ms to 1s, found {}; the kernel takes no "
                                         "other period, and 100ms where none is given",
                                         format_duration(period)));
                return period;
            }};
}

/// A replica that pauses all the time never works.
value_kind<sim::distribution> gap_kind() {
    auto any = distribution_kind();
    return {any.name, any.schema, [read = any.read](const node& at) {
                const auto gap = read(at);
                if (gap == sim::distribution::constant(0s))
                    fail(at, "expected a time above 0: a replica that pauses all the time never "
                             "works");
                return gap;
            }};
}

} // namespace

const field_table<cpu_spec>& cpu_table() {
    static const auto table =
        field_table<cpu_spec>("cpu", "How much CPU time a replica gets. Its workers need a core "
                                     "each while they work; what they use up of a period's quota "
                                     "in less than the period they wait for in the rest of it, "
                                     "all of them (throttling).")
            .with("limit", &cpu_spec::limit, number_kind(0.001, 1e6),
                  {.help = "Cores, as Kubernetes' `limits.cpu`; where it is not below `workers` "
                           "nothing is limited.",
                   .required = true})
            .with("period", &cpu_spec::period, period_kind(),
                  {.help = "Of the quota; from 1ms to 1s.", .fallback = "100ms"})
            .with(
                "burst", &cpu_spec::burst, duration_kind(zero::allowed),
                {.help = "CPU time that a period may leave to those after it.", .fallback = "0s"});
    return table;
}

const field_table<garbage_collection_spec>& garbage_collection_table() {
    using spec = garbage_collection_spec;
    static const auto table =
        field_table<spec>("garbage_collection", "Now and then a replica's runtime stops the world: "
                                                "all its workers stand still.")
            .with("every", &spec::every, gap_kind(),
                  {.help = "From the end of one pause to the next.", .required = true})
            .with("takes", &spec::takes, distribution_kind(),
                  {.help = "How long a pause is.", .required = true});
    return table;
}

} // namespace windtunnel::topology
