// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/policy_measurements.hpp"

#include <algorithm>
#include <iterator>

#include "patterns/base/assert.hpp"
#include "scenarios/src/expectation_metrics.hpp"

namespace windtunnel::scenario {

namespace {

/// Of the kinds that count toward the metric, in the order of its row.
std::vector<const policy_result*> counted(const expectation_spec& expectation,
                                          const run_result& result) {
    const auto all = result.policies_of(expectation.subject);
    std::vector<const policy_result*> of_metric;
    expectation_spec whatever_reason = expectation; // what is refused for one is a share of all
    whatever_reason.reason.clear();
    for (const std::string_view kind : kinds_of(whatever_reason))
        std::copy_if(all.begin(), all.end(), std::back_inserter(of_metric),
                     [&](const policy_result* each) { return each->kind == kind; });
    return of_metric;
}

} // namespace

policy_measurements::policy_measurements(const expectation_spec& expectation,
                                         const run_result& result)
    : expectation_(expectation), policies_(counted(expectation, result)),
      service_(result.find_service(expectation.subject)),
      runs_(static_cast<double>(std::max<std::size_t>(result.seeds.size(), 1))) {}

measurement policy_measurements::at(std::size_t phase, const tally& calls) const {
    switch (expectation_.metric) {
    case metric::open:
        return mean(phase, {"open", "forced_open"});
    case metric::opened:
        return ratio_of(static_cast<double>(count(phase, "opened")), runs_);
    case metric::refused:
        return refused(phase, calls);
    case metric::hits:
        return of_lookups(phase);
    case metric::joined: {
        const auto followers = count(phase, "followers");
        return share_of(followers, followers + count(phase, "flights"), expectation_.bound);
    }
    case metric::retries:
        return quotient(count(phase, "retries"), calls.requests);
    case metric::hedged:
        return share_of(count(phase, "hedges"), count(phase, "calls"), expectation_.bound);
    case metric::fallbacks:
        return share_of(count(phase, "fallbacks"), calls.requests, expectation_.bound);
    case metric::limit:
        return mean(phase, {"limit"});
    case metric::in_use:
        return mean(phase, {"in_use"});
    case metric::policy_count:
        return figure(phase);
    case metric::policy_mean:
        return mean(phase, {expectation_.figure});
    default:
        WINDTUNNEL_ASSERT(!"the metric is one of policies");
        return {};
    }
}

std::uint64_t policy_measurements::count(std::size_t phase, std::string_view name) const {
    std::uint64_t sum = 0;
    for (const policy_result* p : policies_)
        sum += p->counter(p->phases[phase], name).value_or(0);
    return sum;
}

std::uint64_t policy_measurements::refusals(std::size_t phase) const {
    std::uint64_t sum = 0;
    for (const policy_result* p : policies_)
        sum += p->refused(p->phases[phase]);
    return sum;
}

measurement policy_measurements::refused(std::size_t phase, const tally& calls) const {
    const std::uint64_t all = refusals(phase);
    const std::uint64_t tries =
        service_ != nullptr ? service_->phases.at(phase).arrivals : calls.attempts + all;
    const bool any = expectation_.reason.empty();
    return share_of(any ? all : count(phase, expectation_.reason), tries, expectation_.bound);
}

measurement policy_measurements::of_lookups(std::size_t phase) const {
    const std::uint64_t found =
        count(phase, "fresh") + count(phase, "stale") + count(phase, "negative");
    return share_of(found, found + count(phase, "misses"), expectation_.bound);
}

/// A count, of a run; what all kinds have is not among their own.
measurement policy_measurements::figure(std::size_t phase) const {
    if (policies_.empty())
        return {};
    const policy_result& policy = *policies_.front();
    if (expectation_.figure == "machines")
        return measurement::exactly(policy.machines);
    const auto own = policy.counter(policy.phases[phase], expectation_.figure);
    return ratio_of(static_cast<double>(own.value_or(refusals(phase))), runs_);
}

/// The sum of the levels, of the first kind of policy that has them.
measurement policy_measurements::mean(std::size_t phase,
                                      std::initializer_list<std::string_view> levels) const {
    for (const policy_result* p : policies_) {
        const double span = to_seconds(p->phases[phase].span);
        double sum = 0;
        bool has = false;
        for (const std::string_view level : levels)
            if (const auto value = p->mean(p->phases[phase], level)) {
                sum += *value;
                has = true;
            }
        if (has) {
            auto m = measurement::exactly(sum);
            m.ratio = {sum * span, span};
            return m;
        }
    }
    return {};
}

} // namespace windtunnel::scenario
