// SPDX-License-Identifier: BSL-1.0
// The telemetry of a result as series: of the tries into a service (a caller's, an endpoint's, an
// instance's, or all), of a replica, of a subject's requests, of a policy's figures. The windows
// that count are the whole ones between the warm-up and the end of the arrivals.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/explain/place.hpp"
#include "scenarios/src/explain/series.hpp"
#include "scenarios/src/result.hpp"

namespace windtunnel::scenario::explain {

/// The tries of one edge to one replica.
struct leg {
    std::size_t edge = 0;
    std::uint32_t instance = 0;
};

/// What a window adds to a series: a value and how many samples it is of.
struct reading {
    double value = 0, samples = 0;
};
using read_tries = std::function<reading(const try_window&)>;
using read_replica = std::function<reading(const replica_window&)>;
using read_requests = std::function<reading(const window&)>;

class instruments {
  public:
    /// The result must outlive this.
    explicit instruments(const run_result& result);

    const run_result& result() const { return result_; }
    bool empty() const { return result_.telemetry.services.empty() || range_.length() == 0; }
    window_range range() const { return range_; }
    double window_ns() const { return static_cast<double>(result_.window.count()); }
    duration begin_of(std::size_t window) const {
        return result_.window * static_cast<std::int64_t>(window);
    }
    double runs() const { return static_cast<double>(result_.seeds.size()); }

    /// Into a service, in the order of the edges; those to one of its places.
    std::vector<leg> legs_into(const std::string& service) const;
    std::vector<leg> legs_of(const place& where) const;
    part part_of(const leg& l) const; ///< without weight and excess
    std::size_t replicas_of(std::size_t service) const {
        return result_.telemetry.services[service].replicas.size();
    }

    series tries(const std::vector<leg>& of, const read_tries& read) const;
    series replica(std::size_t service, std::uint32_t instance, const read_replica& read) const;
    static series requests(const traffic& of, const read_requests& read);
    /// Of all policies of that kind whose caller (or "service.endpoint") and callee `wanted` takes.
    series counter(std::string_view kind, std::string_view name,
                   const std::function<bool(const policy_result&)>& wanted) const;

  private:
    const run_result& result_;
    window_range range_;
};

/// Of requests by the time of sending: those without a good answer; the time of good answers.
reading failed_share(const window& w);
reading good_latency(const window& w);

} // namespace windtunnel::scenario::explain
