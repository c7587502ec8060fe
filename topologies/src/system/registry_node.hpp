// SPDX-License-Identifier: BSL-1.0
// The registry of a topology as a process on its network: patterns/discovery's registry, with the
// heartbeats of the replicas and the lists of the callers as messages to and from it, which take
// their time and may be lost. A run begins with every replica registered and every list fetched;
// the first heartbeat and the first fetch of each come at a random moment of their interval, so
// that they are spread. A process that is restarted has fetched its lists, too, but none from a
// registry that is down: then it knows nobody before its next fetch. While it is down nothing is
// answered and nobody is told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/timer.hpp"
#include "patterns/discovery/registry.hpp"
#include "sim-core/physics/network.hpp"
#include "topologies/src/discovery_spec.hpp"

namespace windtunnel::topology {

class peers;
class registry_node;
class replica;
class system_core;
struct service_runtime;

/// Keeps one replica registered: a heartbeat now and then, and a registration where the registry
/// says that it does not know the lease (any more), or when the replica starts again.
class lease_keeper : private timer, private sim::message {
  public:
    lease_keeper(registry_node& registry, replica& of);
    ~lease_keeper();

    void replica_started();

  private:
    enum class errand : std::uint8_t { renew, refused, enlist };
    static void struck(timer& t);
    static void moved(sim::message& m, sim::delivery how);
    void beat();
    void arrived();
    void go(errand what);

    registry_node& registry_;
    replica& replica_;
    errand errand_ = errand::renew;
};

/// One caller's list of the replicas of one service: fetched now and then, and told of changes
/// where the callers watch.
class registry_client : private timer, private sim::message {
  public:
    registry_client(registry_node& registry, peers& tells, const service_runtime& service,
                    const std::string& process, sim::node_id node);
    ~registry_client();

    /// Its process crashed: it fetches nothing and hears nothing any more.
    void stop();
    /// The registry has a newer list: to one who watches.
    void changed();

    const std::string& service() const { return service_; }
    const registry_view& view() const { return view_; }
    /// Lists that came, and those of them that the view did not believe.
    std::uint64_t lists() const { return lists_; }
    std::uint64_t disbelieved() const { return disbelieved_; }
    std::uint64_t unanswered() const { return unanswered_; } ///< fetches

  private:
    static void struck(timer& t);
    static void moved(sim::message& m, sim::delivery how);
    void fetch();
    void arrived();
    void send_list();
    void hear();

    registry_node& registry_;
    peers& tells_;
    std::string service_;
    sim::node_id node_;
    registry_view view_;
    std::optional<service_snapshot> list_; ///< on its way from the registry
    bool asking_ = false;                  ///< a fetch has not been answered yet
    bool again_ = false;                   ///< the list has changed while one was on its way
    std::uint64_t lists_ = 0, disbelieved_ = 0, unanswered_ = 0;
};

class registry_node {
  public:
    /// `services` must have their replicas, and all outlive it.
    registry_node(system_core& core, const discovery_spec& spec, sim::node_id node,
                  const std::vector<std::unique_ptr<service_runtime>>& services);
    registry_node(const registry_node&) = delete;
    registry_node& operator=(const registry_node&) = delete;
    ~registry_node();

    std::unique_ptr<registry_client> connect(peers& tells, const service_runtime& service,
                                             const std::string& process, sim::node_id node);

    /// Faults; each `stop` needs its `start`. Forgetting, it comes back with no lease at all.
    void stop() { ++stops_; }
    void start(bool forgets);
    bool up() const { return stops_ == 0; }

    const registry& leases() const { return *registry_; }
    const discovery_spec& spec() const { return spec_; }
    sim::node_id node() const { return node_; }

    /// The replica that an instance of a list is.
    static std::uint32_t number_of(const service_instance& instance);

  private:
    friend class lease_keeper;
    friend class registry_client;
    struct expiry_timer : timer {
        explicit expiry_timer(registry_node& n);
        registry_node& of;
    };

    static void published(void* self, std::string_view service, std::uint64_t version);
    void open(std::uint64_t epoch);
    void enlist(const replica& r);
    void arm_expiry();
    duration somewhere_in(duration interval, const std::string& whose);

    system_core& core_;
    const discovery_spec& spec_;
    sim::node_id node_;
    std::unique_ptr<registry> registry_;
    std::uint64_t epoch_ = 0;
    expiry_timer expiry_;
    std::vector<std::unique_ptr<lease_keeper>> keepers_;
    std::vector<registry_client*> clients_;
    int stops_ = 0;
};

} // namespace windtunnel::topology
