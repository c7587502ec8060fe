// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/registry.hpp"

#include <algorithm>
#include <array>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> instance_status_names{"starting", "up", "draining"};
constexpr std::array<std::string_view, 4> update_names{"applied", "kept_old", "kept_empty",
                                                       "kept_shrunk"};

/// Divided, not multiplied: a quotient that equals a decimal threshold rounds to the same double.
bool is_below(double threshold, std::size_t part, std::size_t whole) {
    return whole > 0 && static_cast<double>(part) / static_cast<double>(whole) < threshold;
}

} // namespace

std::string_view to_string(instance_status status) {
    return instance_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(view_update result) {
    return update_names.at(static_cast<std::size_t>(result));
}

void registry_options::validate() const {
    constexpr option_check check{"registry"};
    check(lease > duration::zero(), "lease", lease, "be above 0");
    check(heartbeat_interval > duration::zero() && heartbeat_interval < lease, "heartbeat_interval",
          heartbeat_interval, "be above 0 and below lease");
    check(self_preservation_threshold >= 0 && self_preservation_threshold <= 1,
          "self_preservation_threshold", self_preservation_threshold, "be from 0 to 1");
}

registry::registry(const registry_options& options, std::uint64_t epoch)
    : options_(options), epoch_(epoch) {
    options.validate();
}

void registry::register_instance(std::string_view service_name, const service_instance& instance,
                                 time_point now) {
    advance(now);
    auto& s = services_.try_emplace(std::string{service_name}).first->second;
    const auto [place, is_new] = s.leases.try_emplace(instance.id);
    auto& entry = place->second;
    entry.end = saturating_add(now, options_.lease);
    next_expiry_ = std::min(next_expiry_, entry.end);
    ++metrics_.registered;
    instances_ += is_new;
    if (is_new || entry.instance != instance) {
        entry.instance = instance;
        publish(service_name, s);
    }
    reconsider(now);
}

bool registry::renew(std::string_view service_name, std::string_view id, time_point now) {
    advance(now);
    auto* entry = find(service_name, id);
    ++(entry != nullptr ? metrics_.renewed : metrics_.refused_renewals);
    if (entry == nullptr)
        return false;
    entry->end = saturating_add(now, options_.lease);
    reconsider(now);
    return true;
}

bool registry::set_status(std::string_view service_name, std::string_view id,
                          instance_status status, time_point now) {
    advance(now);
    auto* entry = find(service_name, id);
    if (entry == nullptr)
        return false;
    if (entry->instance.status != status) {
        entry->instance.status = status;
        publish(service_name, services_.find(service_name)->second);
    }
    return true;
}

bool registry::deregister(std::string_view service_name, std::string_view id, time_point now) {
    advance(now);
    if (find(service_name, id) == nullptr)
        return false;
    auto& s = services_.find(service_name)->second;
    s.leases.erase(s.leases.find(id));
    --instances_;
    ++metrics_.deregistered;
    publish(service_name, s);
    reconsider(now);
    return true;
}

/// Nobody is told before all have been evicted, for who is told may call.
void registry::advance(time_point now) {
    if (now < next_expiry_ || !expired_may_go(now))
        return;
    std::vector<std::string_view> changed_services;
    for (auto& [name, s] : services_)
        if (evict(s, now) > 0)
            changed_services.push_back(name);
    for (const auto name : changed_services)
        publish(name, services_.find(name)->second);
}

/// Also looks for the next lease to end.
bool registry::expired_may_go(time_point now) {
    std::size_t alive = 0;
    next_expiry_ = never;
    for (const auto& [name, s] : services_)
        for (const auto& [id, entry] : s.leases)
            if (now < entry.end) {
                ++alive;
                next_expiry_ = std::min(next_expiry_, entry.end);
            }
    preserving_ = is_below(options_.self_preservation_threshold, alive, instances_);
    return !preserving_;
}

/// More may be alive now, or fewer known: the suspicion may be over.
void registry::reconsider(time_point now) {
    if (!preserving_)
        return;
    next_expiry_ = now;
    advance(now);
}

std::size_t registry::evict(service& s, time_point now) {
    const auto evicted =
        std::erase_if(s.leases, [now](const auto& l) { return now >= l.second.end; });
    instances_ -= evicted;
    metrics_.expired += evicted;
    return evicted;
}

service_snapshot registry::snapshot(std::string_view service_name) const {
    const auto found = services_.find(service_name);
    service_snapshot result;
    result.epoch = epoch_;
    if (found == services_.end())
        return result;
    result.version = found->second.version;
    result.instances.reserve(found->second.leases.size());
    for (const auto& [id, entry] : found->second.leases)
        result.instances.push_back(entry.instance);
    return result;
}

bool registry::changed(std::string_view service_name, std::uint64_t version) const {
    const auto found = services_.find(service_name);
    return version != (found == services_.end() ? 0 : found->second.version);
}

void registry::observe(observer function, void* context) {
    observer_ = function;
    observer_context_ = context;
}

registry::lease* registry::find(std::string_view service_name, std::string_view id) {
    const auto s = services_.find(service_name);
    if (s == services_.end())
        return nullptr;
    const auto found = s->second.leases.find(id);
    return found == s->second.leases.end() ? nullptr : &found->second;
}

void registry::publish(std::string_view name, service& s) {
    s.version = ++version_;
    if (observer_ == nullptr)
        return;
    try {
        observer_(observer_context_, name, s.version);
    } catch (...) {
        ++metrics_.observer_errors;
    }
}

void registry_view_options::validate() const {
    constexpr option_check check{"registry_view"};
    check(empty_hold >= duration::zero(), "empty_hold", empty_hold, "not be negative");
    check(self_preservation_threshold >= 0 && self_preservation_threshold <= 1,
          "self_preservation_threshold", self_preservation_threshold, "be from 0 to 1");
    check(shrink_hold >= duration::zero(), "shrink_hold", shrink_hold, "not be negative");
}

registry_view::registry_view(const registry_view_options& options) : options_(options) {
    options.validate();
}

view_update registry_view::update(const service_snapshot& snapshot, time_point now) {
    const bool resync = resync_ || snapshot.epoch != known_.epoch;
    if (!resync && snapshot.version < known_.version)
        return view_update::kept_old;
    const auto kind = doubt_of(snapshot);
    if (kind != doubt::none && !overruled(kind, now))
        return kind == doubt::empty ? view_update::kept_empty : view_update::kept_shrunk;
    doubted_ = doubt::none;
    resync_ = false;
    confirmed_at_ = now;
    if (!resync && snapshot.version == known_.version)
        return view_update::kept_old;
    known_ = snapshot;
    return view_update::applied;
}

void registry_view::failed() {
    resync_ = true;
}

registry_view::doubt registry_view::doubt_of(const service_snapshot& snapshot) const {
    const auto before = known_.instances.size();
    const auto after = snapshot.instances.size();
    if (after == 0 && before > 0)
        return doubt::empty;
    return is_below(options_.self_preservation_threshold, after, before) ? doubt::shrunk
                                                                         : doubt::none;
}

bool registry_view::overruled(doubt kind, time_point now) {
    if (doubted_ != kind)
        doubted_since_ = now;
    doubted_ = kind;
    const auto hold = kind == doubt::empty ? options_.empty_hold : options_.shrink_hold;
    return hold != duration::max() && now >= saturating_add(doubted_since_, hold);
}

} // namespace windtunnel
