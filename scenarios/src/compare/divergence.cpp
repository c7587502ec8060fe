// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/divergence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "patterns/base/assert.hpp"
#include "scenarios/src/run.hpp"
#include "topologies/src/quantity.hpp"
#include "topologies/src/system/channel.hpp"
#include "topologies/src/system/observer.hpp"
#include "topologies/src/system/replica.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::int64_t slices = 2000; ///< of a run, after each of which the logs are compared

enum class event_kind : std::uint8_t { arrival, request, call, policy };

/// The subject is that of the run's own lists: two runs may number theirs differently.
struct event {
    duration at{};
    event_kind kind{};
    const std::string* subject = nullptr;
    duration began{};
    bool ok = true, degraded = false;
    failure_kind why{};
    std::uint32_t attempts = 0;
    std::string change = {}; ///< of a policy

    bool same_as(const event& other) const {
        return at == other.at && kind == other.kind && *subject == *other.subject &&
               began == other.began && ok == other.ok && degraded == other.degraded &&
               (ok || why == other.why) && attempts == other.attempts && change == other.change;
    }
};

std::string how(const event& e) {
    return fmt::format("{}{}, after {}", e.ok ? "well" : to_string(e.why),
                       e.degraded ? ", degraded" : "", topology::format_duration(e.at - e.began));
}

std::string text_of(const event& e) {
    const std::string when = "at " + topology::format_duration(e.at);
    switch (e.kind) {
    case event_kind::arrival:
        return fmt::format("{} a request arrives at {}", when, *e.subject);
    case event_kind::request:
        return fmt::format("{} a request at {} is over: {}", when, *e.subject, how(e));
    case event_kind::call:
        return fmt::format("{} a call {} is over: {}, {} {}", when, *e.subject, how(e), e.attempts,
                           e.attempts == 1 ? "try" : "tries");
    case event_kind::policy:
        return fmt::format("{} {} {}", when, *e.subject, e.change);
    }
    return when;
}

/// What happened in a run since it was last looked at.
class event_log final : public topology::observer {
  public:
    void names_of(const topology::system& system) {
        for (const auto& each : system.endpoints())
            endpoints_.push_back(name_of(*each));
        for (const auto& each : system.edges())
            edges_.push_back(each->caller + "->" + name_of(*each->to));
    }

    void request_arrived(std::uint32_t endpoint, time_point now) override {
        events.push_back(
            {.at = from_start(now), .kind = event_kind::arrival, .subject = &endpoints_[endpoint]});
    }
    void request_over(const topology::request_record& r) override {
        events.push_back({.at = from_start(r.over),
                          .kind = event_kind::request,
                          .subject = &endpoints_[r.endpoint],
                          .began = from_start(r.arrived),
                          .ok = r.ok,
                          .degraded = r.degraded,
                          .why = r.why});
    }
    void call_over(const topology::call_record& r) override {
        events.push_back({.at = from_start(r.over),
                          .kind = event_kind::call,
                          .subject = &edges_[r.edge],
                          .began = from_start(r.sent),
                          .ok = r.ok,
                          .degraded = r.degraded,
                          .why = r.why,
                          .attempts = r.attempts});
    }
    void work_over(const topology::work_record&) override {} // follows from the calls
    void policy_changed(const topology::policy_change& c) override {
        const std::string before = c.callee.empty() ? "" : " before " + c.callee;
        policies_.push_back(std::make_unique<std::string>(
            fmt::format("the {} of {}{}", c.kind, c.process, before)));
        events.push_back({.at = from_start(c.at),
                          .kind = event_kind::policy,
                          .subject = policies_.back().get(),
                          .change = fmt::format("goes from {} to {}: {}", c.from, c.to, c.why)});
    }

    std::vector<event> events;

  private:
    static duration from_start(time_point t) { return t.time_since_epoch(); }
    static std::string name_of(const topology::endpoint_runtime& e) {
        return e.service->spec->name + "." + e.spec->name;
    }
    std::vector<std::string> endpoints_, edges_;
    std::vector<std::unique_ptr<std::string>> policies_; ///< changes of state are few
};

struct watched_run {
    watched_run(const scenario_spec& spec, std::uint64_t seed, const std::atomic<bool>* stop)
        : run(spec, seed, {.stop = stop, .also = &log}) {
        log.names_of(run.system());
    }
    /// Until its log holds the event of that number, or it ends.
    void go_on_to_event(std::size_t number, duration slice) {
        while (log.events.size() <= number && run.advance_to(run.now() + slice)) {
        }
    }
    event_log log;
    scenario_run run;
};

/// The first of the two logs' events that differ, if any do. What one log has more of says nothing
/// yet, unless the logs are whole.
std::optional<std::size_t> first_difference(const std::vector<event>& a,
                                            const std::vector<event>& b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end(),
                                      [](const event& e, const event& f) { return e.same_as(f); });
    if (x == a.end() && y == b.end())
        return {};
    return static_cast<std::size_t>(x - a.begin());
}

} // namespace

std::optional<divergence> find_divergence(const scenario_spec& before, const scenario_spec& after,
                                          std::uint64_t seed, const std::atomic<bool>* stop) {
    WINDTUNNEL_ASSERT(!before.topology.platform && !after.topology.platform);
    watched_run a(before, seed, stop), b(after, seed, stop);
    const duration end =
        std::max(a.run.planned_end() + before.drain, b.run.planned_end() + after.drain);
    const duration slice = std::max(duration{1}, end / slices);
    std::uint64_t alike = 0;
    for (duration until = slice;; until += slice) {
        const bool a_goes_on = a.run.advance_to(until), b_goes_on = b.run.advance_to(until);
        if (stop != nullptr && stop->load())
            return {};
        auto &x = a.log.events, &y = b.log.events;
        if (const auto i = first_difference(x, y)) {
            a.go_on_to_event(*i, slice);
            b.go_on_to_event(*i, slice);
            divergence d{.alike = alike + *i};
            const auto at = [&](const std::vector<event>& of) {
                return *i < of.size() ? of[*i].at : duration::max();
            };
            d.at = std::min(at(x), at(y));
            d.before = *i < x.size() ? text_of(x[*i]) : "";
            d.after = *i < y.size() ? text_of(y[*i]) : "";
            return d;
        }
        alike += x.size();
        x.clear();
        y.clear();
        if (!a_goes_on && !b_goes_on)
            return {};
    }
}

} // namespace windtunnel::scenario
