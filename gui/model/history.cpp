// SPDX-License-Identifier: BSL-1.0
#include "gui/model/history.hpp"

#include <map>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel::gui {

namespace {

std::optional<percentiles> percentiles_of(const sim::histogram& h) {
    if (h.empty())
        return std::nullopt;
    return percentiles{to_seconds(h.quantile(0.50)), to_seconds(h.quantile(0.95)),
                       to_seconds(h.quantile(0.99))};
}

history_point point_between(const counters& a, const counters& b, std::size_t workload,
                            sim::histogram& all) {
    const workload_counters& from = a.workloads.at(workload);
    const workload_counters& to = b.workloads.at(workload);
    const request_counters ended = to.requests - from.requests;
    const sim::histogram latency = recorded_since(from.good_latency, to.good_latency);
    all.merge(latency);
    return {a.at, b.at, to.sent - from.sent, ended.good(), ended.failed, percentiles_of(latency)};
}

} // namespace

double history_point::error_share() const {
    const std::uint64_t ended = good + failed;
    return ended == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(ended);
}

sim::histogram recorded_since(const sim::histogram& earlier, const sim::histogram& later) {
    std::map<duration, std::uint64_t> before;
    earlier.for_each_bucket([&](const sim::histogram_bucket& b) { before[b.lowest] = b.count; });
    sim::histogram made;
    later.for_each_bucket([&](const sim::histogram_bucket& b) {
        const auto found = before.find(b.lowest);
        const std::uint64_t count = b.count - (found == before.end() ? 0 : found->second);
        made.record((b.lowest + sim::histogram::highest_like(b.lowest)) / 2, count);
    });
    return made;
}

history::history(const std::vector<std::string>& workloads) {
    if (workloads.size() > 1)
        lines_.push_back({"all workloads", {}});
    for (const std::string& name : workloads)
        lines_.push_back({name, {}});
}

void history::clear() {
    last_.reset();
    for (workload_history& line : lines_)
        line.points.clear();
}

void history::add(counters sample) {
    if (!last_) {
        last_ = std::move(sample);
        return;
    }
    WINDTUNNEL_ASSERT(sample.at >= last_->at);
    if (sample.at == last_->at)
        return;
    history_point sum{last_->at, sample.at, 0, 0, 0, {}};
    sim::histogram all;
    for (std::size_t w = 0; w < sample.workloads.size(); ++w) {
        const history_point p = point_between(*last_, sample, w, all);
        sum.sent += p.sent;
        sum.good += p.good;
        sum.failed += p.failed;
        lines_[first_workload() + w].points.push_back(p);
    }
    if (lines_.size() > 1) {
        sum.latency = percentiles_of(all);
        lines_.front().points.push_back(sum);
    }
    last_ = std::move(sample);
}

} // namespace windtunnel::gui
