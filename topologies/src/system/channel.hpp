// SPDX-License-Identifier: BSL-1.0
// The simulated transport: how the requests of one call site of one process get to the replicas of
// an endpoint. Everything above it (policies, balancer) is what a live program runs.
#pragma once

#include <memory>
#include <string>

#include "patterns/base/transport.hpp"
#include "patterns/resilience/caching_transport.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "patterns/resilience/priority_shedder.hpp"
#include "sim-core/physics/network.hpp"
#include "topologies/src/spec.hpp"
#include "topologies/src/system/injection.hpp"
#include "topologies/src/system/observer.hpp"
#include "topologies/src/system/token_book.hpp"

namespace windtunnel::topology {

class system_core;
class replica;
struct endpoint_runtime;
struct exchange;
class connections;
class peers;
struct service_runtime;

/// Requests between a service (or workload) and an endpoint, all processes together.
struct edge_runtime : disturbed_place {
    std::uint32_t index = 0;
    std::string caller;
    endpoint_runtime* to = nullptr;
    disturbed_dependency* dependency = nullptr; ///< of all edges from the caller to the service
};

class channel final : public transport {
  public:
    struct options {
        sim::node_id from = 0;
        edge_runtime* edge = nullptr;
        peers* to = nullptr;
        on_give_up give_up = on_give_up::runs_on;
        bool deadline_travels = false;
        bool local = false;          ///< within one process: no message, the answer comes at once
        std::uint32_t host = 0;      ///< where it is local: the replica
        connections* over = nullptr; ///< nullptr: messages need no connection
        duration callee_work{}; ///< to read the request and write the answer, on a worker there
        std::uint64_t request_size = 0, response_size = 0;
        /// By version of the service: whether its answer has what the caller reads; empty: all do.
        std::vector<bool> readable{};
    };
    channel(system_core& core, const options& o) : core_(core), options_(o) {}

    void start(pending_call& call) override;
    void cancel(pending_call& call) override;
    /// To this replica, whatever the balancer thinks of it: a probe.
    void start_at(pending_call& call, std::uint32_t host);
    /// In this process, where the channel is local: it may end inside of this.
    void start_here(pending_call& call, std::uint32_t host);

    const options& how() const { return options_; }
    system_core& core() const { return core_; }

    void send_request(exchange& x);
    void send_reply(exchange& x);
    /// It has a connection to its replica; or there is none to be had.
    void connected(exchange& x);
    void not_connected(exchange& x);
    /// Nobody was there to send it to.
    void refused(exchange& x);
    /// What became of the request, or of the answer.
    void delivered(exchange& x, sim::delivery how);
    /// What became of the news that the caller has given up. Lost, the callee serves on in vain.
    void notice_delivered(exchange& x, sim::delivery how);
    /// The connection breaks: who waits hears so at once, and the callee may find out.
    void break_off(exchange& x);
    /// The callee has an answer.
    void answer(exchange& x, outcome<reply>&& result);

  private:
    void send(exchange& x, pending_call& call);
    void address(exchange& x, pending_call& call);
    void set_out(exchange& x);
    void start_locally(pending_call& call);
    void refuse(pending_call& call);
    bool hold_back(exchange& x);
    bool would_be_shed(const exchange& x) const;
    bool finds_name() const;
    void send_again(const exchange& x, pending_call& call);
    void note_levels(const exchange& x);
    void request_delivered(exchange& x, sim::delivery how);
    void deliver_reply(exchange& x);
    void garble(exchange& x);
    void tell_over(const exchange& x, const outcome<reply>& result);
    void note_answer(const exchange& x, const outcome<reply>& result);
    void settle(exchange& x);
    void begin_leg(exchange& x);
    void end_leg(exchange& x, sim::delivery how);

    system_core& core_;
    options options_;
    std::vector<told_admission> told_; ///< by each replica; empty: nothing yet
};

/// A share of the requests asks for this one; of several the last.
struct hot_key {
    std::uint64_t key = 0;
    chance_injection of;
};

/// One call of one process: a channel (or what stands in its place), the policies before it, and
/// how its context is made. Policies live in the process (shared by its calls of one service with
/// equal options), not here.
struct call_site {
    call_site(system_core& core, const channel::options& o) : way(core, o) {}

    channel way;
    std::unique_ptr<transport> instead;        ///< what requests are given to; nullptr: the channel
    std::unique_ptr<pipeline> policies;        ///< nullptr: none
    std::unique_ptr<caching_transport> cached; ///< before the policies; nullptr: none
    std::unique_ptr<pipeline> outside;         ///< before that; nullptr: where it is
    request what;
    bool idempotent = true;
    bool waits = true;                  ///< who calls, for the outcome
    duration write_work{}, read_work{}; ///< of the caller's worker, for the request and its answer
    std::uint64_t* idempotency_keys = nullptr; ///< what is drawn from; nullptr: none is needed
    std::optional<std::int32_t> priority;
    std::optional<sim::key_distribution> keys, users;
    random_stream key_draws, user_draws;
    on_error error = on_error::fail;
    injection_list<hot_key> hot; ///< in place of what is drawn
    bool introspects = false;    ///< asks about the request's token, which is its key
    std::unique_ptr<token_source>
        tokens; ///< of a client; else calls have the token of their caller

    /// Of the next call, made for a request that asks for `of_caller`.
    std::uint64_t next_key(std::uint64_t of_caller) {
        if (!keys)
            return of_caller;
        std::uint64_t key = keys->sample(key_draws);
        for (hot_key* each : hot)
            if (each->of.strikes())
                key = each->key;
        return key;
    }
    std::uint64_t next_idempotency_key() const {
        return idempotency_keys == nullptr ? 0 : ++*idempotency_keys;
    }
    transport& first_step() { return instead ? *instead : way; }
    void record(pipeline_observer& recorder);
    /// For whom it is made: a rank among users.
    std::uint16_t next_user(std::uint16_t of_caller, const environment& env) {
        return users ? draw_user(env.now()) : of_caller;
    }

  private:
    std::uint16_t draw_user(time_point now);
};

call_record record_of(const call_site& site, time_point sent, time_point over,
                      std::uint32_t attempts, const outcome<reply>& result);

/// What a service answers when a call of its own failed: an error, with the status that HTTP has
/// for it (504 for what took too long, 503 for what was refused, else 500). Cancelled stays
/// cancelled.
failure as_own_answer(const failure& of_call);

} // namespace windtunnel::topology
