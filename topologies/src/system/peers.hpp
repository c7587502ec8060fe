// SPDX-License-Identifier: BSL-1.0
// The replicas of one service as one process sees them: who is there (the registry's list), who is
// well (health checks, outlier detection), and which of those gets the next request (balancer). All
// that decides is patterns/discovery and patterns/health; this only passes on what each of them has
// to know. Shared by the process's calls of the service with equal options. Hosts are the numbers
// of the replicas. Where nothing but a balancer that learns nothing is asked for, the rest costs
// a look at one flag.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/base/timer.hpp"
#include "patterns/discovery/load_balancer.hpp"
#include "patterns/discovery/outlier_detector.hpp"
#include "sim-core/stats/time_average.hpp"
#include "topologies/src/discovery_spec.hpp"
#include "topologies/src/system/health_prober.hpp"
#include "topologies/src/system/policy_watch.hpp"
#include "topologies/src/system/registry_node.hpp"

namespace windtunnel::topology {

class system_core;
struct disturbed_dependency;
struct service_runtime;

struct peer_options {
    balancer_spec balancer;
    std::optional<outlier_detector_options> outlier_detection;
    std::optional<health_check_spec> health_check;
    friend bool operator==(const peer_options&, const peer_options&) = default;
};

/// The process that looks, and the way of its probes.
struct peer_viewpoint {
    std::string process; ///< "checkout#0"
    std::string streams; ///< names the random streams
    std::string caller;  ///< its service or workload
    sim::node_id node = 0;
    int zone = load_balancer_options::no_zone;
    std::vector<std::uint32_t> callers_by_zone;   ///< processes like this one; empty: not known
    edge_runtime* probes = nullptr;               ///< to the endpoint of the health check
    const disturbed_dependency* faults = nullptr; ///< of what it is told; nullptr: none
};

class peers {
  public:
    using host = std::uint32_t;
    static constexpr host nobody = 0xffffffff;

    /// Since the beginning of the run.
    struct counters {
        std::uint64_t misrouted = 0;   ///< requests for a replica that was down at that moment
        std::uint64_t panic_picks = 0; ///< chosen among all, the ill included, for want of others
        std::uint64_t unserved = 0;    ///< requests for which there was no replica at all
    };

    /// Throws std::invalid_argument for options that do not fit the service.
    peers(system_core& core, const service_runtime& of, const peer_options& options,
          const peer_viewpoint& from);
    peers(const peers&) = delete;
    peers& operator=(const peers&) = delete;
    ~peers();

    /// The replica for a request, which begins now; nobody where none may be taken. Of `key` 0
    /// there is nothing to hash.
    host begin(std::uint64_t key);
    /// A request to h that was sent at `sent` has its answer.
    void answered(host h, time_point sent, const outcome<reply>& result);
    /// Its caller has given up, because of its own clock or not.
    void abandoned(host h, time_point sent, bool took_too_long);
    /// What h said of its load with its last answer.
    void report_load(host h, std::uint64_t load);

    bool wants_reports() const { return options_.balancer.options.load == load_source::reported; }
    /// From now on whom the registry lists may be called, and nobody else.
    void follow(registry_node& registry, const std::string& process, sim::node_id node);
    void on_health_change(host h, health_status before, health_status now);
    void on_list(const registry_view& view);
    /// The list as it is known now, where news did not come through before.
    void catch_up();
    /// Its process crashed: it asks nobody any more, and learns nothing.
    void stop();
    /// After stop(), of what was told and is not known any more: that it is not.
    void tell_forgotten();

    /// A call says how it is balanced, if only as all are that say nothing.
    void name_balancer() { named_ = true; }
    /// False where no call says anything of it, and it knows all replicas.
    bool is_told_how() const {
        return named_ || client_ != nullptr || !(options_ == peer_options{});
    }
    const std::string& service() const;
    const peer_options& options() const { return options_; }
    const load_balancer& balancer() const { return balancer_; }
    const outlier_detector* outliers() const { return outliers_ ? &*outliers_ : nullptr; }
    const health_prober* health() const { return prober_.get(); }
    const registry_client* discovery() const { return client_.get(); }
    const counters& counts() const { return counts_; }
    /// That may get requests, as far as this process knows; now, and over time.
    std::size_t usable() const { return balancer_.available(); }
    const sim::time_average& usable_over_time() const { return usable_; }
    const sim::time_average& ejected_over_time() const { return ejected_; }
    /// Replicas on the registry's list.
    const level_over_time& listed_over_time() const { return listed_count_; }

  private:
    struct interval_timer : timer {
        explicit interval_timer(peers& p);
        peers& of;
    };

    host pick_any();
    host begin_knowingly(std::uint64_t key);
    void learn(host h, const host_result& ended);
    void begin_probe(host h);
    void arm_interval();
    void interval_ended();
    bool may_be_used(host h) const;
    void pass_on();
    static void outlier_found(void* self, const outlier_event& event);

    system_core& core_;
    const service_runtime& service_;
    peer_options options_;
    load_balancer balancer_;
    sim::time_average usable_, ejected_;
    std::optional<outlier_detector> outliers_;
    policy_watch ejections_, checks_; ///< tell of changes
    std::unique_ptr<health_prober> prober_;
    std::unique_ptr<registry_client> client_;
    interval_timer interval_;
    const disturbed_dependency* faults_;
    bool stopped_ = false;
    bool plain_; ///< nothing to learn, nothing to go by
    std::uint64_t seen_revision_ = 0;
    std::vector<bool> listed_; ///< by host; by the registry, or all
    level_over_time listed_count_;
    bool named_ = false;
    counters counts_;
};

} // namespace windtunnel::topology
