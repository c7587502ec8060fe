// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/admission_table.hpp"

#include <stdexcept>

#include "topologies/src/policy_tables.hpp"

namespace windtunnel::topology {

namespace {

/// The same options with another kind by default.
field_table<codel_options> codel_fields(std::string name, std::string help, std::string kind) {
    using o = codel_options;
    return field_table<o>(std::move(name), std::move(help))
        .with("kind", &o::kind,
              enum_kind<codel_kind>(
                  {{"rfc8289", codel_kind::rfc8289}, {"slough", codel_kind::slough}}),
              {.help = "`rfc8289` drops one after the other, faster and faster; `slough` (folly's) "
                       "all that waited longer than twice the target.",
               .fallback = std::move(kind)})
        .with("target", &o::target, duration_kind(),
              {.help = "A wait that is harmless.", .fallback = "5ms"})
        .with("interval", &o::interval, duration_kind(),
              {.help = "A queue that stays above the target for so long has no end in sight; at "
                       "most 1h.",
               .fallback = "100ms"});
}

const field_table<codel_options>& codel_table() {
    static const auto table =
        codel_fields("codel",
                     "Drops requests that leave the queue after too long a wait, while "
                     "the queue does not drain.",
                     "rfc8289");
    return table;
}

const field_table<codel_options>& adaptive_lifo_table() {
    static const auto table =
        codel_fields("adaptive_lifo",
                     "Serves who came first while the queue drains, and who came last while it "
                     "does not; these options say when that is, and when the oldest are dropped.",
                     "slough");
    return table;
}

/// adaptive_lifo_options hold nothing but their CoDel.
value_kind<adaptive_lifo_options> adaptive_lifo_kind() {
    const auto inner = adaptive_lifo_table().kind(adaptive_lifo_options{}.codel);
    return {inner.name, inner.schema, [read = inner.read](const node& at) {
                return adaptive_lifo_options{.codel = read(at)};
            }};
}

const field_table<codel_options>& door_codel_table() {
    static const auto table = codel_fields(
        "door_codel", "When the queue at a server's door stands, and who is dropped then.",
        "slough");
    return table;
}

const field_table<server_admission_options>& server_admission_table() {
    using o = server_admission_options;
    const auto of_queue = [](auto member) {
        return [member](o & options) -> auto& {
            return options.queue.*member;
        };
    };
    using q = admission_queue_options;
    static const auto table =
        field_table<o>("server_admission",
                       "The preset for a server's door: deadline check, queue with CoDel, learnt "
                       "limit. Who finds no room under the limit waits at the door, before any "
                       "worker; health checks do not.")
            .with("limit", &o::limit, adaptive_limit_table().kind(),
                  {.help = "Requests that a replica works on at once, learnt from how long it "
                           "takes for them, the wait left out. Absent: Gradient2."})
            .with("max_queue", of_queue(&q::max_queue), count_kind(0),
                  {.help = "Requests that wait at once; 0: refuse at once.", .fallback = "100"})
            .with("max_wait", of_queue(&q::max_wait), duration_kind(),
                  {.help = "The longest wait.", .fallback = "1s"})
            .with("order", of_queue(&q::order),
                  enum_kind<admission_order>({{"fifo", admission_order::fifo},
                                              {"adaptive_lifo", admission_order::adaptive_lifo}}),
                  {.help = "`adaptive_lifo`: who came last is first while the queue stands.",
                   .fallback = "fifo"})
            .with("codel", of_queue(&q::codel), door_codel_table().kind(q{}.codel),
                  {.help = "Absent: slough with CoDel's times."})
            .with("retry_after", &o::retry_after, duration_kind(),
                  {.help = "After which time the refused may come again. Absent: they are not "
                           "told."});
    return table;
}

const field_table<priority_shedder_options>& priority_shedder_table() {
    using o = priority_shedder_options;
    static const auto table =
        field_table<o>("priority_shedder", "Refuses the least important requests while those that "
                                           "are let in queue for too long (DAGOR).")
            .with("business_levels", &o::business_levels, count_kind(1, 1024),
                  {.help = "Priorities 0 to this less 1; what is outside counts as the nearest.",
                   .fallback = "8"})
            .with(
                "user_levels", &o::user_levels, count_kind(1, 1024),
                {.help = "Within a priority, by who asks: see a call's `user`.", .fallback = "128"})
            .with("queueing_time", &o::queueing_time, duration_kind(),
                  {.help = "An average wait for a worker above this is overload.",
                   .fallback = "20ms"})
            .with("window", &o::window, duration_kind(),
                  {.help = "Of the average.", .fallback = "1s"})
            .with("window_requests", &o::window_requests, count_kind(1, 100'000'000),
                  {.help = "A window is over after so many, too.", .fallback = "2000"})
            .with("alpha", &o::alpha, share_kind(),
                  {.help = "Share of the requests that an overloaded window gives up.",
                   .fallback = "5%"})
            .with("beta", &o::beta, share_kind(),
                  {.help = "Share that any other window lets in more.", .fallback = "1%"})
            .with("fixed_levels", &o::fixed_levels, count_kind(0),
                  {.help = "So many levels (business times user, and as many again for retries "
                           "where they rank behind) are let in whatever the load; 0: regulated.",
                   .fallback = "0"})
            .with("shed_retries_first", &o::shed_retries_first, boolean_kind(),
                  {.help = "Whether retries rank behind all first attempts.", .fallback = "true"});
    return table;
}

} // namespace

void admission_spec::validate() const {
    if (codel && adaptive_lifo)
        throw std::invalid_argument("adaptive_lifo has a CoDel of its own: leave out codel, or it");
    if (server_admission && (adaptive_limit || codel || adaptive_lifo))
        throw std::invalid_argument(
            "server_admission has an adaptive limit and a CoDel of its own: "
            "leave out adaptive_limit, codel and adaptive_lifo, or it");
    if (tells_callers && !priority_shedder)
        throw std::invalid_argument("tells_callers: there is no priority_shedder whose levels it "
                                    "could tell");
    for (const auto* limiter : {&rate_limiter, &rate_limiter_by_caller})
        if (*limiter && (*limiter)->max_wait > duration::zero())
            throw std::invalid_argument("a rate limiter at a service refuses and holds nothing "
                                        "back: leave out max_wait");
}

const field_table<admission_spec>& admission_table() {
    using s = admission_spec;
    static const auto table =
        field_table<s>("admission", "What each replica refuses and drops when too much comes. The "
                                    "order is: rate limiters, priority shedder, adaptive limit, "
                                    "then the queue with CoDel or adaptive LIFO. What is refused "
                                    "is answered `overloaded`, at once.")
            .with(
                "rate_limiter", &s::rate_limiter, rate_limiter_table().kind(),
                {.help =
                     "Refuses what comes faster, of all requests together; its `max_wait` must be "
                     "0s."})
            .with(
                "rate_limiter_by_caller", &s::rate_limiter_by_caller, rate_limiter_table().kind(),
                {.help =
                     "Refuses what comes faster from one service or workload; each has one of its "
                     "own."})
            .with("priority_shedder", &s::priority_shedder, priority_shedder_table().kind(),
                  {.help =
                       "Refuses the least important requests while the others queue for too long. "
                       "Absent: none; `{}`: as DAGOR."})
            .with("tells_callers", &s::tells_callers, boolean_kind(),
                  {.help = "Whether its answers say whom the priority shedder lets in, so that "
                           "callers send nothing that would be refused: they see `throttled`.",
                   .fallback = "false"})
            .with("adaptive_limit", &s::adaptive_limit, adaptive_limit_table().kind(),
                  {.help =
                       "Refuses more requests at once than a replica can do well, learnt from how "
                       "long it takes for them."})
            .with("server_admission", &s::server_admission, server_admission_table().kind(),
                  {.help =
                       "Lets in as many as can be worked on well and holds a few back, in place "
                       "of the adaptive limit and of what is at the queue. Absent: none; `{}`: "
                       "with its defaults."})
            .with("codel", &s::codel, codel_table().kind(),
                  {.help =
                       "Drops who has waited too long for a worker while the queue does not drain. "
                       "Absent: none; `{}`: as RFC 8289."})
            .with("adaptive_lifo", &s::adaptive_lifo, adaptive_lifo_kind(),
                  {.help =
                       "Serves who came last while the queue does not drain, and drops the oldest. "
                       "Absent: none; `{}`: slough with CoDel's times. It needs the "
                       "discipline `fifo`."});
    return table;
}

std::vector<definition> admission_definitions() {
    return {admission_table().describe(),
            priority_shedder_table().describe(),
            server_admission_table().describe(),
            door_codel_table().describe(),
            codel_table().describe(),
            adaptive_lifo_table().describe()};
}

} // namespace windtunnel::topology
