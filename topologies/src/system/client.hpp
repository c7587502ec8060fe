// SPDX-License-Identifier: BSL-1.0
// A process outside of the services that calls them: what a workload's requests come from. It has
// policies of its own, as any caller.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "patterns/trace/span_recorder.hpp"
#include "topologies/src/system/process.hpp"

namespace windtunnel::topology {

class client;

/// One request of a client, embedded in what makes it. It ends exactly once, by `done`, and never
/// inside start().
struct client_request {
    using done_function = void (*)(client_request&);
    explicit client_request(done_function f) : done(f) {}

    client* from = nullptr;
    std::size_t call = 0; ///< which of the client's calls
    outcome<reply> result;
    time_point sent{};
    std::uint32_t attempts = 0;
    span_handle span = 0; ///< of the whole call, where it is recorded
    std::uint64_t journey = 0;
    done_function done;
};

class client {
  public:
    /// `number`: its place among the system's clients.
    client(system_core& core, std::string name, sim::node_id node, std::size_t number)
        : core_(core), process_(std::move(name)), node_(node), number_(number) {}

    /// Sends request.call now; the request must stay alive until it is done.
    void start(client_request& request);

    const std::string& name() const { return process_.name(); }
    const process& own() const { return process_; }
    process& own() { return process_; }
    sim::node_id node() const { return node_; }

  private:
    struct answered;
    void over(client_request& request, outcome<reply>&& result, std::uint32_t attempts);

    system_core& core_;
    process process_;
    sim::node_id node_;
    std::size_t number_;
};

} // namespace windtunnel::topology
