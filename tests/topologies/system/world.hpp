// SPDX-License-Identifier: BSL-1.0
// A topology, running, and what its observer and its clients heard of it.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "patterns/trace/span_recorder.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "topologies/src/system/system.hpp"
#include "topologies/support.hpp"

namespace windtunnel::topology {

constexpr time_point at(duration d) {
    return time_point{} + d;
}

/// Writes down what it is told, and looks whether every beginning has one end.
struct recording_observer : observer {
    void request_arrived(std::uint32_t, time_point) override { ++arrived; }
    void request_over(const request_record& r) override { requests.push_back(r); }
    void call_over(const call_record& r) override { calls.push_back(r); }
    void work_over(const work_record& r) override { works.push_back(r); }
    void policy_changed(const policy_change& c) override { changes.push_back(c); }

    std::size_t count(request_record::end how) const {
        return static_cast<std::size_t>(std::count_if(requests.begin(), requests.end(),
                                                      [&](const auto& r) { return r.how == how; }));
    }

    std::size_t arrived = 0;
    std::vector<request_record> requests;
    std::vector<call_record> calls;
    std::vector<work_record> works;
    std::vector<policy_change> changes;
};

/// A call as a topology file writes it: {"call":"a.x","timeout":"1s"}, or {"publish":"a.x"} to a
/// queue (or a topic: how a step is read does not depend on it). A health check may ask for the
/// endpoint "health".
inline call_step call_from(const std::string& text) {
    static const std::string before =
        R"({"name":"t","services":{"client":{"endpoints":{"x":{"steps":[)";
    const bool publishes = text.find("\"publish\":\"") != std::string::npos;
    const std::string verb = publishes ? "\"publish\":\"" : "\"call\":\"";
    const std::string to = text.substr(text.find(verb) + verb.size());
    const std::string service = to.substr(0, to.find('.'));
    const std::string endpoint = to.substr(service.size() + 1, to.find('"') - service.size() - 1);
    const auto spec = topology_from(before + text + R"(]}}},")" + service + R"(":{")" +
                                    (publishes ? "queues" : "endpoints") + R"(":{")" + endpoint +
                                    R"(":{},"health":{}}}}})");
    return std::get<call_step>(spec.services[0].endpoints[0].steps[0].what);
}

class world;

/// A request that a client makes at its time.
struct visit : client_request, timer {
    visit(world& w, client& c, std::size_t which);
    world& of;
    client& by;
    bool over = false;
    time_point ended{};
};

class world {
  public:
    /// `calls`: what the client "user" can call; `traces`: whether, and which, spans are recorded.
    world(const std::string& topology, const std::vector<std::string>& calls,
          std::uint64_t seed = 1, const std::optional<trace_options>& traces = {})
        : spec(topology_from(topology)), simulation(seed), spans(recorder_for(traces)),
          running(std::make_unique<topology::system>(
              simulation, spec, books, topology::system::policies_of{}, spans.get())) {
        for (const std::string& each : calls)
            calls_.push_back(call_from(each));
        user = &running->add_client("user", calls_);
    }
    ~world() { running.reset(); }

    /// Sends a request at `when`; it stays here to be looked at.
    visit& send(duration when, std::size_t call = 0) {
        visit& made = visits.emplace_back(*this, *user, call);
        simulation.arm(made, at(when));
        return made;
    }
    /// Does `what` at `when`.
    void act(duration when, std::function<void()> what) {
        simulation.arm(acts_.emplace_back(std::move(what)), at(when), timer_class::act);
    }
    void run(duration until = std::chrono::hours(1)) { running->run_until(at(until)); }

    replica& at_replica(std::size_t service, std::size_t number = 0) {
        return *running->services()[service]->replicas[number];
    }
    sim::pool_totals pool(std::size_t service, std::size_t number = 0) {
        return at_replica(service, number).workers().totals();
    }
    /// Nothing is under way, all that arrived has ended, and every worker is free.
    bool settled() const {
        bool free = true;
        for (const auto& s : running->services())
            for (const auto& r : s->replicas)
                free = free && r->in_flight() == 0 && r->workers().in_system() == 0;
        return free && running->in_flight() == 0 && books.arrived == books.requests.size();
    }

    topology_spec spec;
    recording_observer books;
    std::deque<visit> visits;
    sim::simulation simulation;
    std::unique_ptr<span_recorder> spans; ///< nullptr: none are recorded
    std::unique_ptr<topology::system> running;
    client* user = nullptr;

  private:
    /// A stream for each service, and one for the user.
    std::unique_ptr<span_recorder> recorder_for(const std::optional<trace_options>& traces) {
        if (!traces)
            return nullptr;
        std::vector<random_stream> ids;
        for (std::size_t i = 0; i <= spec.services.size(); ++i)
            ids.push_back(simulation.environment().stream("ids " + std::to_string(i)));
        return std::make_unique<span_recorder>(*traces, std::move(ids),
                                               simulation.environment().stream("kept"));
    }

    struct act_timer : timer {
        explicit act_timer(std::function<void()> w)
            : timer([](timer& t) { static_cast<act_timer&>(t).what(); }), what(std::move(w)) {}
        std::function<void()> what;
    };

    std::vector<call_step> calls_;
    std::deque<act_timer> acts_;
};

inline visit::visit(world& w, client& c, std::size_t which)
    : client_request([](client_request& r) {
          auto& self = static_cast<visit&>(r);
          self.over = true;
          self.ended = self.of.simulation.now();
      }),
      timer([](timer& t) {
          auto& self = static_cast<visit&>(t);
          self.by.start(self);
      }),
      of(w), by(c) {
    call = which;
}

} // namespace windtunnel::topology
