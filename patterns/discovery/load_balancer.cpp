// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/load_balancer.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "patterns/base/assert.hpp"
#include "patterns/discovery/bounded_load.hpp"
#include "patterns/discovery/stable_hash.hpp"

namespace windtunnel {

namespace {

std::uint32_t checked(std::size_t hosts, const load_balancer_options& options) {
    const std::size_t most = options.policy == balancer_policy::maglev
                                 ? static_cast<std::size_t>(options.maglev_table_size)
                                 : 0x80000000;
    if (hosts > most)
        throw std::invalid_argument("hosts: " + std::to_string(hosts) + "; must be at most " +
                                    std::to_string(most));
    return static_cast<std::uint32_t>(hosts);
}

void check(const balancer_host& h) {
    if (h.weight < 1 || h.weight > max_balancer_weight)
        throw std::invalid_argument("weight: " + std::to_string(h.weight) +
                                    "; must be from 1 to 1000000");
    if (h.zone < 0 || h.zone >= max_balancer_zones)
        throw std::invalid_argument("zone: " + std::to_string(h.zone) + "; must be from 0 to 1023");
    if (h.priority < 0 || h.priority >= max_balancer_priorities)
        throw std::invalid_argument("priority: " + std::to_string(h.priority) +
                                    "; must be from 0 to 127");
}

const load_balancer_options& validated(const load_balancer_options& options) {
    options.validate();
    return options;
}

/// The first host from the hash on that fits.
template <class Table, class Fits>
std::optional<load_balancer::host> first_from(const Table& table, std::uint64_t hash, Fits fits) {
    std::size_t entry = table.find(hash);
    for (std::size_t looked_at = 0; looked_at < table.size(); ++looked_at) {
        if (fits(table.owner(entry)))
            return table.owner(entry);
        entry = entry + 1 < table.size() ? entry + 1 : 0;
    }
    return {};
}

} // namespace

load_balancer::load_balancer(balancer_policy policy, std::size_t hosts, random_stream random)
    : load_balancer(load_balancer_options{.policy = policy}, hosts, random) {}

load_balancer::load_balancer(const load_balancer_options& options, std::size_t hosts,
                             random_stream random, time_point now)
    : load_balancer(options, hosts, {}, random, now) {}

load_balancer::load_balancer(const load_balancer_options& options,
                             std::span<const balancer_host> hosts, random_stream random,
                             time_point now)
    : load_balancer(options, hosts.size(), hosts, random, now) {}

load_balancer::load_balancer(const load_balancer_options& options, std::size_t hosts,
                             std::span<const balancer_host> described, random_stream random,
                             time_point now)
    : options_(validated(options)), random_(random), now_(now), all_(checked(hosts, options)),
      in_flight_(hosts), slow_start_(options) {
    if (options_.zone != load_balancer_options::no_zone)
        zones_.emplace(options_.zone);
    if (options_.overprovisioning_factor > 0)
        priorities_.emplace(options_.overprovisioning_factor, options_.panic_threshold);
    if (options_.load == load_source::refreshed)
        next_refresh_ = saturating_add(now, options_.load_refresh);
    weights_.reserve(hosts);
    for (host h = 0; h < hosts; ++h)
        describe(h, described.empty() ? balancer_host{} : described[h]);
    rebuild();
    begin_turns(hosts);
}

bool load_balancer::hashing() const {
    return options_.policy == balancer_policy::ring_hash ||
           options_.policy == balancer_policy::maglev;
}

/// All that is known by host, except for what `all_` and `in_flight_` know.
void load_balancer::describe(host h, const balancer_host& as) {
    check(as);
    weights_.push_back(as.weight);
    weighted_ = weighted_ || as.weight != 1;
    ++present_;
    available_weight_ += as.weight;
    if (options_.load != load_source::live)
        seen_loads_.push_back(0);
    if (options_.policy == balancer_policy::peak_ewma)
        latencies_.emplace_back(options_.default_rtt, now_);
    if (options_.policy == balancer_policy::weighted_round_robin)
        turns_.append();
    if (hashing())
        keys_.push_back(as.key.value_or(h));
    if (zones_)
        zones_->append(as.zone);
    if (priorities_)
        priorities_->append(as.priority);
}

/// Somewhere, so that clients do not march in step.
void load_balancer::begin_turns(std::size_t hosts) {
    constexpr std::uint64_t most_turns = 128;
    if (hosts < 2)
        return;
    if (options_.policy == balancer_policy::round_robin) {
        const auto first = static_cast<host>(random_.below(hosts));
        all_.start_turn(first);
        if (zones_)
            zones_->start_turn(first);
        if (priorities_)
            priorities_->start_turn(first);
    }
    if (options_.policy == balancer_policy::weighted_round_robin)
        for (auto i = random_.below(std::min(available_weight_, most_turns)); i > 0; --i)
            turns_.next(all_, all_.available(), weights_);
}

void load_balancer::rebuild() {
    if (options_.policy == balancer_policy::ring_hash)
        ring_.build(keys_, weights_,
                    {.min = static_cast<std::uint64_t>(options_.ring_min_size),
                     .max = static_cast<std::uint64_t>(options_.ring_max_size),
                     .points = static_cast<std::uint64_t>(options_.ring_points)});
    if (options_.policy == balancer_policy::maglev)
        table_.build(keys_, weights_, static_cast<std::uint32_t>(options_.maglev_table_size));
}

void load_balancer::refresh_loads() {
    if (options_.load != load_source::refreshed)
        return; // the end of time
    seen_loads_ = in_flight_;
    const auto passed = (now_ - next_refresh_) / options_.load_refresh;
    next_refresh_ =
        saturating_add(next_refresh_ + passed * options_.load_refresh, options_.load_refresh);
}

host_set* load_balancer::hosts_for_request() {
    if (priorities_) {
        const auto routed = priorities_->route(random_);
        panicking_ = routed.panic;
        return routed.hosts;
    }
    if (available() == 0)
        return nullptr;
    const auto least = static_cast<std::uint32_t>(options_.min_cluster_size);
    if (!zones_ || present_ < least || !random_.chance(options_.zone_routing))
        return &all_;
    host_set* zone = zones_->route(random_);
    return zone != nullptr ? zone : &all_;
}

/// A host of another zone or level rather than one to avoid; where all are to be avoided, any of
/// these.
load_balancer::candidates load_balancer::candidates_for(host_set& preferred,
                                                        std::span<const host> avoid) {
    if (const auto left = preferred.set_aside(avoid); left > 0)
        return {&preferred, left};
    if (const auto left = all_.set_aside(avoid); left > 0)
        return {&all_, left};
    return {&preferred, preferred.available()};
}

std::optional<load_balancer::host> load_balancer::pick(const balancer_request& request) {
    advance(request.now);
    host_set* const preferred = hosts_for_request();
    if (preferred == nullptr)
        return {};
    candidates from = candidates_for(*preferred, request.avoid);
    if (!hashing())
        from.eligible = slow_start_.spare(*from.set, from.eligible, now_, random_);
    if (from.eligible == 1)
        return from[0];
    return choose(from, request);
}

load_balancer::host load_balancer::choose(const candidates& from, const balancer_request& request) {
    switch (options_.policy) {
    case balancer_policy::round_robin:
        return from.set->in_turn(from.eligible);
    case balancer_policy::random:
        return from[random_.below(from.eligible)];
    case balancer_policy::least_request:
        return least_loaded(from);
    case balancer_policy::power_of_two:
        return best_of_choices(from, [this](host a, host b) { return is_less_loaded(a, b); });
    case balancer_policy::weighted_round_robin:
        return turns_.next(*from.set, from.eligible, weights_);
    case balancer_policy::peak_ewma:
        return best_of_choices(from, [this](host a, host b) { return is_faster(a, b); });
    case balancer_policy::ring_hash:
        return by_hash(ring_, request.hash ? *request.hash : random_(), from);
    case balancer_policy::maglev:
        return by_hash(table_, request.hash ? *request.hash : random_(), from);
    }
    WINDTUNNEL_ASSERT(!"a policy");
    return 0;
}

bool load_balancer::is_less_loaded(host a, host b) const {
    const auto& load = loads();
    if (!weighted_)
        return load[a] < load[b];
    return (std::uint64_t{load[a]} + 1) * weights_[b] < (std::uint64_t{load[b]} + 1) * weights_[a];
}

/// In nanoseconds. A host of which nothing has come back yet, and which has been asked, gets no
/// more while others are better than the penalty.
double load_balancer::expected_cost(host h) const {
    const peak_ewma& latency = latencies_[h];
    const bool awaited = !latency.seen() && in_flight_[h] > 0;
    const double expected = awaited ? static_cast<double>(options_.failure_penalty.count())
                                    : latency.value(options_.decay, now_);
    return expected * (static_cast<double>(loads()[h]) + 1);
}

bool load_balancer::is_faster(host a, host b) const {
    return expected_cost(a) * weights_[b] < expected_cost(b) * weights_[a];
}

load_balancer::host load_balancer::least_loaded(const candidates& from) {
    if (weighted_)
        return least_of(from, [this](host a, host b) { return is_less_loaded(a, b); });
    return least_of(from, [load = loads().data()](host a, host b) { return load[a] < load[b]; });
}

template <class Less>
load_balancer::host load_balancer::least_of(const candidates& from, Less less) {
    host least = from[0];
    std::uint32_t ties = 0;
    for (std::uint32_t i = 0; i < from.eligible; ++i) {
        const host h = from[i];
        if (less(h, least)) {
            least = h;
            ties = 1;
        } else if (!less(least, h)) {
            ++ties;
        }
    }
    std::uint64_t skip = ties > 1 ? random_.below(ties) : 0;
    for (std::uint32_t i = 0;; ++i)
        if (!less(least, from[i]) && skip-- == 0)
            return from[i];
}

/// The first is random already, so that it may win a tie. Two are drawn without moving any; more
/// by the first steps of a shuffle.
template <class Better>
load_balancer::host load_balancer::best_of_choices(const candidates& from, Better better) {
    if (options_.choices == 2) {
        const std::uint64_t first = random_.below(from.eligible);
        std::uint64_t second = random_.below(from.eligible - 1);
        second += second >= first;
        return better(from[second], from[first]) ? from[second] : from[first];
    }
    const auto choices = std::min(static_cast<std::uint32_t>(options_.choices), from.eligible);
    host best = 0;
    for (std::uint32_t i = 0; i < choices; ++i) {
        from.set->swap_places(i, i + static_cast<std::uint32_t>(random_.below(from.eligible - i)));
        best = i == 0 || better(from[i], best) ? from[i] : best;
    }
    return best;
}

bool load_balancer::has_room_for_one(host h) const {
    return options_.hash_balance_factor == 0 ||
           has_room(in_flight_[h], weights_[h], available_in_flight_, available_weight_,
                    options_.hash_balance_factor);
}

/// With room, or where none of them has (others have, which are to be avoided or in other zones)
/// without. A host may own nothing: where none of them does, any.
template <class Table>
load_balancer::host load_balancer::by_hash(const Table& table, std::uint64_t hash,
                                           const candidates& from) const {
    const std::uint64_t mixed = stable_hash(hash);
    const auto fits = [&](host h) { return from.contain(h) && has_room_for_one(h); };
    if (const auto found = first_from(table, mixed, fits))
        return *found;
    if (const auto found = first_from(table, mixed, [&](host h) { return from.contain(h); }))
        return *found;
    return from[mixed % from.eligible];
}

void load_balancer::on_start(host h, time_point now) {
    advance(now);
    on_start(h);
}

void load_balancer::on_end(host h, time_point now, duration latency, verdict result) {
    advance(now);
    on_end(h);
    if (options_.policy != balancer_policy::peak_ewma || result == verdict::neutral)
        return;
    const bool failed = result == verdict::failure;
    latencies_[h].record(failed ? std::max(latency, options_.failure_penalty) : latency,
                         options_.decay, now_);
}

void load_balancer::report_load(host h, std::uint32_t load) {
    WINDTUNNEL_ASSERT(h < in_flight_.size());
    if (options_.load == load_source::reported)
        seen_loads_[h] = load;
}

duration load_balancer::expected_latency(host h) const {
    WINDTUNNEL_ASSERT(options_.policy == balancer_policy::peak_ewma);
    return from_seconds(latencies_[h].value(options_.decay, now_) * 1e-9);
}

void load_balancer::set_available(host h, bool wanted, time_point now) {
    WINDTUNNEL_ASSERT(h < in_flight_.size());
    WINDTUNNEL_ASSERT(weights_[h] > 0 || !wanted);
    advance(now);
    if (available(h) == wanted)
        return;
    all_.set_available(h, wanted);
    if (zones_)
        zones_->set_available(h, wanted);
    if (priorities_)
        priorities_->set_available(h, wanted);
    // Unsigned, and so exact, in both directions.
    available_in_flight_ += wanted ? in_flight_[h] : 0 - std::uint64_t{in_flight_[h]};
    available_weight_ += wanted ? weights_[h] : 0 - std::uint64_t{weights_[h]};
    if (wanted)
        slow_start_.start(h, now_);
}

load_balancer::host load_balancer::add_host(const balancer_host& added, time_point now) {
    check(added);
    const host h = checked(hosts() + 1, options_) - 1;
    advance(now);
    all_.append(true);
    in_flight_.push_back(0);
    describe(h, added);
    rebuild();
    slow_start_.start(h, now_);
    return h;
}

void load_balancer::set_listed(host h, bool listed) {
    WINDTUNNEL_ASSERT(h < in_flight_.size());
    WINDTUNNEL_ASSERT(weights_[h] > 0 || !listed);
    if (priorities_)
        priorities_->set_present(h, listed);
}

void load_balancer::remove_host(host h) {
    WINDTUNNEL_ASSERT(h < in_flight_.size());
    set_available(h, false);
    set_listed(h, false);
    present_ -= weights_[h] > 0;
    weights_[h] = 0;
    rebuild();
}

void load_balancer::set_weight(host h, std::uint32_t weight) {
    WINDTUNNEL_ASSERT(h < in_flight_.size() && weights_[h] > 0);
    check(balancer_host{.weight = weight});
    if (available(h))
        available_weight_ += std::uint64_t{weight} - weights_[h];
    weights_[h] = weight;
    weighted_ = true;
    rebuild();
}

void load_balancer::set_callers(std::span<const std::uint32_t> by_zone) {
    WINDTUNNEL_ASSERT(by_zone.size() <= static_cast<std::size_t>(max_balancer_zones));
    if (zones_)
        zones_->set_callers(by_zone);
}

} // namespace windtunnel
