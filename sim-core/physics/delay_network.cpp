// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/delay_network.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::sim {

namespace {

/// A carried message's state: how it ends, and how long after the next arrival the last one is
/// (two draws of a latency differ by less than the 73 years that fit here).
constexpr std::uint64_t pack(delivery end, duration until_last) {
    return static_cast<std::uint64_t>(until_last.count()) << 2 | static_cast<std::uint64_t>(end);
}
constexpr delivery end_in(std::uint64_t state) {
    return static_cast<delivery>(state & 3);
}
constexpr duration until_last_in(std::uint64_t state) {
    return duration{static_cast<std::int64_t>(state >> 2)};
}

/// Of two times that are not negative.
constexpr duration sum(duration a, duration b) {
    return b > duration::max() - a ? duration::max() : a + b;
}

constexpr auto before = [](const auto& neighbour, node_id to) { return neighbour.to < to; };

std::string pair_text(node_id from, node_id to) {
    return "from node " + std::to_string(from) + " to node " + std::to_string(to);
}

} // namespace

void link_options::validate() const {
    if (bandwidth && !(std::isfinite(*bandwidth) && *bandwidth > 0))
        throw std::invalid_argument("bandwidth: " + std::to_string(*bandwidth) +
                                    " bytes/s; must be above 0");
    if (!(loss >= 0 && loss <= 1))
        throw std::invalid_argument("loss: " + std::to_string(loss) + "; must be from 0 to 1");
}

rule_guard& rule_guard::operator=(rule_guard&& other) noexcept {
    if (this != &other) {
        remove();
        network_ = std::exchange(other.network_, nullptr);
        rule_ = other.rule_;
    }
    return *this;
}

void rule_guard::remove() {
    if (network_ == nullptr)
        return;
    auto& rules = std::exchange(network_, nullptr)->rules_;
    rules.erase(std::find(rules.begin(), rules.end(), rule_));
}

rule_guard delay_network::install(rule& r) {
    rules_.push_back(&r);
    return {*this, r};
}

link_id delay_network::connect(node_id from, node_id to, std::string_view name,
                               const link_options& options) {
    options.validate();
    if (table_.size() <= from)
        table_.resize(std::size_t{from} + 1);
    auto& row = table_[from];
    const auto place = std::lower_bound(row.begin(), row.end(), to, before);
    if (place != row.end() && place->to == to)
        throw std::invalid_argument("network: a second link " + pair_text(from, to));
    const auto id = static_cast<link_id>(links_.size());
    const auto& world = simulation_.environment();
    links_.push_back({.options = options,
                      .latencies = world.stream("latency " + std::string(name)),
                      .accidents = world.stream("accidents " + std::string(name)),
                      .steady = options.latency.is_constant() && !options.bandwidth &&
                                options.loss == 0 && !options.in_order,
                      .totals = {}});
    row.insert(place, {to, id});
    return id;
}

std::optional<link_id> delay_network::find(node_id from, node_id to) const {
    if (from >= table_.size())
        return {};
    const auto& row = table_[from];
    const auto place = std::lower_bound(row.begin(), row.end(), to, before);
    if (place == row.end() || place->to != to)
        return {};
    return place->id;
}

/// nullptr: they have none, and no plan for one.
delay_network::link* delay_network::link_between(node_id from, node_id to) {
    if (const auto found = find(from, to))
        return &links_[*found];
    const auto plan = planner_ ? planner_(from, to) : std::nullopt;
    return plan ? &links_[connect(from, to, plan->name, plan->options)] : nullptr;
}

delay_network::link& delay_network::link_of(const message& m) {
    link* const found = link_between(m.from, m.to);
    if (found == nullptr)
        throw std::invalid_argument("network: no link " + pair_text(m.from, m.to));
    return *found;
}

void delay_network::send(message& m) {
    link& way = link_of(m);
    take(m);
    ++way.totals.sent;
    way.totals.bytes += m.size;
    if (way.steady && rules_.empty())
        return carry_steadily(m, way);
    const duration delay = sum(way.options.latency.sample(way.latencies), transfer_time(way, m));
    fate f;
    if (!rules_.empty())
        f = judge(m);
    if (f.end == delivery::arrived && way.options.loss > 0 &&
        way.accidents.chance(way.options.loss))
        f.end = delivery::lost;
    if (f.end == delivery::arrived)
        return carry(m, way, f, delay);
    const time_point there = saturating_add(simulation_.now(), sum(delay, f.added));
    if (f.end == delivery::lost) {
        ++way.totals.lost;
        arm(m, there, delivery::lost, {});
    } else {
        ++way.totals.refused;
        arm(m, saturating_add(there, way_back(m, way)), delivery::refused, {});
    }
}

delay_network::fate delay_network::judge(const message& m) {
    fate result;
    for (rule* const r : rules_) {
        const verdict v = r->judge(m);
        switch (v.what) {
        case verdict::kind::pass:
            break;
        case verdict::kind::delay:
            WINDTUNNEL_ASSERT(v.added >= duration::zero());
            result.added = sum(result.added, v.added);
            break;
        case verdict::kind::duplicate:
            result.twice = true;
            break;
        case verdict::kind::drop:
            result.end = delivery::lost;
            return result;
        case verdict::kind::reject:
            result.end = delivery::refused;
            return result;
        }
    }
    return result;
}

void delay_network::carry_steadily(message& m, link& way) {
    state_of(m) = pack(delivery::arrived, {});
    const time_point when =
        saturating_add(simulation_.now(), way.options.latency.sample(way.latencies));
    if (when != never)
        simulation_.arm_recurring(timer_of(m), when);
}

/// On its way, to arrive; the second copy takes a latency of its own.
void delay_network::carry(message& m, link& way, const fate& f, duration delay) {
    time_point first = saturating_add(simulation_.now(), sum(delay, f.added));
    time_point last = first;
    if (f.twice) {
        ++way.totals.duplicated;
        const duration again =
            sum(way.options.latency.sample(way.accidents), transfer_time(way, m));
        last = saturating_add(simulation_.now(), sum(again, f.added));
        if (last < first)
            std::swap(first, last);
    }
    if (way.options.in_order) {
        first = std::max(first, way.last_arrival);
        last = std::max(last, first);
        way.last_arrival = last;
    }
    arm(m, first, f.twice ? delivery::duplicate : delivery::arrived, last - first);
}

duration delay_network::transfer_time(const link& way, const message& m) {
    if (!way.options.bandwidth)
        return {};
    return from_seconds(static_cast<double>(m.size) / *way.options.bandwidth);
}

/// The latency of the opposite link, of this one where there is none.
duration delay_network::way_back(const message& m, link& way) {
    const link* const opposite = link_between(m.to, m.from);
    const link& back = opposite != nullptr ? *opposite : way;
    return back.options.latency.sample(way.accidents);
}

void delay_network::arm(message& m, time_point when, delivery end, duration until_last) {
    state_of(m) = pack(end, until_last);
    if (when != never)
        simulation_.arm(timer_of(m), when);
}

void delay_network::due(message& m) {
    const std::uint64_t state = state_of(m);
    if (end_in(state) == delivery::duplicate) {
        arm(m, saturating_add(simulation_.now(), until_last_in(state)), delivery::arrived, {});
        announce_duplicate(m);
    } else {
        finish(m, end_in(state));
    }
}

void delay_network::cancel(message& m) {
    simulation_.disarm(timer_of(m));
    release(m);
}

} // namespace windtunnel::sim
