// SPDX-License-Identifier: BSL-1.0
// The connections of one process to the replicas of one service: patterns/connection's pools, whose
// connections are set up by round trips on the network and end with their replica, and the rounds
// that a transfer takes on each. Nobody listening refuses at once; what the network loses of a
// handshake is sent again after 1 s, 2 s, 4 s (RFC 6298), six times at most (Linux:
// tcp_syn_retries).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/connection/connection_pool.hpp"
#include "patterns/connection/transfer_rounds.hpp"
#include "sim-core/physics/network.hpp"
#include "topologies/src/protocol_spec.hpp"
#include "topologies/src/system/replica_listener.hpp"

namespace windtunnel::topology {

class replica;
class system_core;
struct disturbed_dependency;
struct exchange;
struct service_runtime;

class connections final : private replica_listener {
  public:
    connections(system_core& core, const service_runtime& to, const protocol_spec& spec,
                sim::node_id from, const disturbed_dependency& faults);
    ~connections();

    /// Gets it a connection to its replica, now or later; then its channel goes on with
    /// connected().
    void begin(exchange& x);
    /// It does not wait for one any more.
    void forget(exchange& x);
    /// It is done with its connection, if it has one. A request that was given up breaks a
    /// connection that carries nothing else.
    void release(exchange& x, bool gave_up);

    /// How long a transfer takes besides the first way: the further rounds of a large one.
    duration request_delay(const exchange& x);
    duration reply_delay(const exchange& x, std::uint64_t bytes);

    /// The process crashed: all are gone.
    void stop();

    // ---- faults -------------------------------------------------------------------------------
    /// All to that replica end, whatever is on them.
    void break_all(std::uint32_t replica);
    /// Those that had leaked are found and closed.
    void reclaim();

    const service_runtime& service() const { return to_; }
    const protocol_spec& spec() const { return spec_; }
    connection_metrics metrics() const; ///< of all replicas
    const level_over_time& open() const { return open_; }
    const level_over_time& waiting() const { return waiting_; }
    const level_over_time& in_use() const { return in_use_; }

  private:
    struct dialling;
    /// What a connection that is set up has.
    struct link {
        connection_number number;
        duration round_trip;
        transfer_window out, back;
    };
    struct host;

    struct closing;

    void replica_crashed(replica& r) override;
    void give_back(host& h, connection_number c, bool broken);
    void replica_restarted(replica&) override {}
    link* find(const exchange& x);
    void arm_idle(host& h);
    host& host_of(const exchange& x);
    void open_more(host& h);
    void dialled(dialling& d, bool good);
    void serve(host& h);
    void note(host& h);

    system_core& core_;
    const service_runtime& to_;
    protocol_spec spec_;
    sim::node_id from_;
    const disturbed_dependency& faults_;
    std::vector<std::unique_ptr<host>> hosts_; ///< by number of the replica
    level_over_time open_, waiting_, in_use_;
    bool stopped_ = false;
};

} // namespace windtunnel::topology
