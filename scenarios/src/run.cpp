// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/src/edge_policies.hpp"
#include "scenarios/src/faults/fault.hpp"
#include "scenarios/src/recorder.hpp"
#include "scenarios/src/tracing.hpp"
#include "scenarios/src/version.hpp"
#include "scenarios/src/workload.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario {

namespace {

/// Tells the books first.
class two_observers final : public topology::observer {
  public:
    two_observers(topology::observer& books, topology::observer* also)
        : books_(books), also_(also) {}

    void request_arrived(std::uint32_t endpoint, time_point now) override {
        books_.request_arrived(endpoint, now);
        also_->request_arrived(endpoint, now);
    }
    void request_over(const topology::request_record& record) override {
        books_.request_over(record);
        also_->request_over(record);
    }
    void call_over(const topology::call_record& record) override {
        books_.call_over(record);
        also_->call_over(record);
    }
    void work_over(const topology::work_record& record) override {
        books_.work_over(record);
        also_->work_over(record);
    }
    void policy_changed(const topology::policy_change& change) override {
        books_.policy_changed(change);
        also_->policy_changed(change);
    }
    void try_sent(const topology::try_place& place) override {
        books_.try_sent(place);
        also_->try_sent(place);
    }
    void try_arrived(const topology::try_place& place, duration way) override {
        books_.try_arrived(place, way);
        also_->try_arrived(place, way);
    }
    void try_over(const topology::try_record& record) override {
        books_.try_over(record);
        also_->try_over(record);
    }

  private:
    topology::observer& books_;
    topology::observer* also_;
};

} // namespace

class scenario_run::parts {
  public:
    parts(const scenario_spec& s, std::uint64_t seed, const run_limits& l)
        : spec(s), limits(l), world(seed), spans(recorder_of(s, world.environment())), books(s),
          both(books, l.also), end(s.warmup + s.length) {
        topology::observer& told =
            l.also == nullptr ? static_cast<topology::observer&>(books) : both;
        system = std::make_unique<topology::system>(
            world, s.topology, told,
            [&s](const std::string& caller, const endpoint_ref& to,
                 const topology::policies_spec& own) { return with_overlays(s, caller, to, own); },
            spans.get());
        for (std::size_t i = 0; i < s.workloads.size(); ++i)
            workloads.push_back(std::make_unique<workload>(s.workloads[i], i, *system, books, end));
        for (std::size_t i = 0; i < s.faults.size(); ++i)
            faults.push_back(
                std::make_unique<fault>(s.faults[i], i, *system, workloads, books, end));
        books.begin(*system);
        for (auto& w : workloads)
            w->start();
        for (auto& f : faults)
            f->start();
        boundary = next_boundary();
    }
    ~parts() { system.reset(); } // what waits goes before what it refers to

    /// With a drain the run goes on beyond its planned end while a request is under way, or work
    /// that runs on for nobody. That is looked at where levels are read, at the ends of windows, so
    /// that the end of a run does not depend on the slices that it is run in.
    duration last_moment() const { return end + spec.drain; }
    duration next_boundary() const { return std::min(books.next_boundary(now()), last_moment()); }
    duration now() const { return world.now().time_since_epoch(); }
    void run_to(duration until) {
        while ((now() < until || paused) && !ended && !told_to_stop()) {
            system->run_until(time_point{std::min(until, boundary)});
            paused = world.next_event_time() <= world.now(); // by the books: see recorder::pause
            if (paused)
                check_that_time_passes();
            else if (now() == boundary)
                at_boundary();
        }
    }
    bool told_to_stop() const { return limits.stop != nullptr && limits.stop->load(); }
    void at_boundary() {
        books.boundary(now());
        const bool idle = books.requests_under_way() == 0 && system->in_flight() == 0 &&
                          system->unfinished_work() == 0;
        ended = now() >= last_moment() || (now() >= end && idle);
        boundary = next_boundary();
    }

    void check_that_time_passes() {
        if (!seen || seen->instant != now())
            seen = glance{now(), world.events(), books.sent()};
        else if (world.events() - seen->events >= limits.events_at_once)
            throw topology::input_error(topology::diagnostic{
                spec.where,
                fmt::format("time stands still at {}: {} events happened at that instant and it "
                            "does not end; {}give what goes round some time (users a think time, "
                            "endpoints work, the network a latency)",
                            topology::format_duration(now()), world.events() - seen->events,
                            sent_since(seen->sent)),
                {}});
    }
    /// Which workloads sent how much since then.
    std::string sent_since(const std::vector<std::uint64_t>& then) const {
        std::string text;
        for (std::size_t i = 0; i < then.size(); ++i)
            if (const auto sent = books.sent()[i] - then[i]; sent > 0)
                text += fmt::format("{} sent {} requests in it; ",
                                    topology::in_quotes(spec.workloads[i].name), sent);
        return text;
    }

    /// What was when the run was first paused in an instant.
    struct glance {
        duration instant;
        std::uint64_t events;
        std::vector<std::uint64_t> sent;
    };

    const scenario_spec& spec;
    run_limits limits;
    sim::simulation world;
    std::unique_ptr<span_recorder> spans; ///< nullptr: nobody asked for traces
    recorder books;
    two_observers both;
    duration end;
    duration boundary{}; ///< the next of the books', or the end
    bool ended = false;
    bool paused = false; ///< in the midst of an instant
    std::optional<glance> seen;
    std::unique_ptr<topology::system> system;
    std::vector<std::unique_ptr<workload>> workloads;
    std::vector<std::unique_ptr<fault>> faults;
};

scenario_run::scenario_run(const scenario_spec& spec, std::uint64_t seed, const run_limits& limits)
    : parts_(std::make_unique<parts>(spec, seed, limits)) {}
scenario_run::~scenario_run() = default;

const scenario_spec& scenario_run::spec() const {
    return parts_->spec;
}
std::uint64_t scenario_run::seed() const {
    return parts_->world.environment().seed();
}
duration scenario_run::planned_end() const {
    return parts_->end;
}
duration scenario_run::now() const {
    return parts_->now();
}
bool scenario_run::ended() const {
    return parts_->ended;
}

bool scenario_run::advance_to(duration until) {
    parts_->run_to(std::min(until, parts_->last_moment()));
    return !parts_->ended;
}

bool scenario_run::step() {
    if (parts_->ended)
        return false;
    const duration boundary = parts_->boundary; // the levels are read before what comes after it
    const time_point next = parts_->world.next_event_time();
    if (next >= time_point{boundary})
        return advance_to(boundary);
    if (parts_->spec.topology.platform) // SimGrid is the master of time
        parts_->system->run_until(next);
    else
        parts_->world.step();
    return !parts_->ended;
}

void scenario_run::run_to_end() {
    advance_to(duration::max());
}

run_result scenario_run::result() const {
    run_result r = parts_->books.result(now());
    r.version = version;
    if (parts_->spans)
        r.traces = traces_of(*parts_->spans, parts_->spec, seed());
    r.status = ended() ? run_status::complete : run_status::aborted;
    return r;
}

topology::system& scenario_run::system() {
    return *parts_->system;
}
const topology::system& scenario_run::system() const {
    return *parts_->system;
}

std::vector<std::string> scenario_run::faults_on() const {
    std::vector<std::string> names;
    for (const auto& f : parts_->faults)
        if (f->on())
            names.push_back(f->name());
    return names;
}

std::uint64_t scenario_run::events() const {
    return parts_->world.events();
}
std::uint64_t scenario_run::requests_over() const {
    return parts_->books.requests_over();
}

run_result run_watched(const scenario_spec& spec, std::uint64_t seed, const std::atomic<bool>* stop,
                       const tell_progress& tell) {
    constexpr int slices = 1000;
    scenario_run run(spec, seed, {.stop = stop});
    const duration slice = std::max(duration{1}, run.planned_end() / slices);
    const auto stopped = [&] { return stop != nullptr && stop->load(); };
    while (!stopped() && run.advance_to(run.now() + slice))
        tell(to_seconds(run.now()) / to_seconds(run.planned_end()), run.events());
    return run.result();
}

} // namespace windtunnel::scenario
