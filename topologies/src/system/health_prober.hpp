// SPDX-License-Identifier: BSL-1.0
// Active health checks of the replicas of a service by one process: for each a state machine
// (patterns/health) and, when it says so, a request to the endpoint that is asked. The request is
// one like any other: it travels, queues, works and counts at the callee; only the replica that it
// goes to is given. It is no call of the edge, whose figures are of those that the caller makes for
// its requests: what becomes of probes is counted here.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "patterns/base/level_over_time.hpp"
#include "patterns/health/health_check.hpp"
#include "topologies/src/discovery_spec.hpp"
#include "topologies/src/system/channel.hpp"

namespace windtunnel::topology {

class peers;
struct peer_viewpoint;

class health_prober {
  public:
    health_prober(system_core& core, peers& tells, const health_check_spec& spec, std::size_t hosts,
                  const peer_viewpoint& from);
    health_prober(const health_prober&) = delete;
    health_prober& operator=(const health_prober&) = delete;
    ~health_prober();

    void on_traffic(std::uint32_t host);
    /// No probe any more, nor a result of one that is under way.
    void stop();

    bool healthy(std::uint32_t host) const;
    health_status status(std::uint32_t host) const;
    std::size_t healthy_hosts() const;
    std::uint64_t probes() const { return probes_; }
    std::uint64_t failed_probes() const { return failed_; }
    const level_over_time& healthy_over_time() const { return healthy_count_; }

  private:
    struct target;

    void due(target& t);
    void ended(target& t, const outcome<reply>& result);
    void judge(target& t, probe_result result);
    void arm(target& t);
    void tell(const target& t, health_status before);

    system_core& core_;
    peers& tells_;
    channel way_;
    request what_;
    std::vector<std::unique_ptr<target>> targets_; ///< by host
    std::uint64_t probes_ = 0, failed_ = 0;
    bool stopped_ = false;
    level_over_time healthy_count_;
};

} // namespace windtunnel::topology
