// SPDX-License-Identifier: BSL-1.0
// Who serves what, and where: a registry with leases, and a client's view of one service in it.
// An instance registers for a lease and renews it by heartbeats; a lease is over at >= its end, and
// a heartbeat after that is refused: register again. Every change of a service gets a version, one
// larger than any before in this registry; who watches compares versions and fetches the whole
// service, never a difference. Names are ordered, so that everybody sees the same order.
// Self-preservation (Eureka): when fewer than a share of all instances have a live lease, at < the
// share, the registry suspects its own network and evicts nobody.
// The view keeps the last good list: an update that failed, is empty or lost too many at once is
// more likely to be the registry's trouble than the truth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

enum class instance_status : std::uint8_t {
    starting, ///< registered, not ready for requests
    up,
    draining, ///< finishes what it has, gets nothing new
};
std::string_view to_string(instance_status status);

struct service_instance {
    std::string id;
    std::string address;
    instance_status status = instance_status::up;

    friend bool operator==(const service_instance&, const service_instance&) = default;
};

/// A service as a whole at one version, its instances by rising id.
struct service_snapshot {
    std::uint64_t epoch = 0;   ///< which life of the registry; versions of two do not compare
    std::uint64_t version = 0; ///< 0: never heard of
    std::vector<service_instance> instances;

    friend bool operator==(const service_snapshot&, const service_snapshot&) = default;
};

/// Options are fixed for the life of a registry.
struct registry_options {
    duration lease = std::chrono::seconds{90};              ///< above 0; Eureka: 90 s
    duration heartbeat_interval = std::chrono::seconds{30}; ///< told to clients; Eureka: 30 s
    /// 0: off; else the share of all instances that must be alive for the others to be evicted, at
    /// most 1; Eureka: 0.85. With few instances it keeps dead ones for ever (1 of 3 is too many).
    double self_preservation_threshold = 0;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const registry_options&, const registry_options&) = default;
};
static_assert(std::is_aggregate_v<registry_options> &&
              std::is_trivially_copyable_v<registry_options>);

struct registry_metrics {
    std::uint64_t registered = 0, renewed = 0, refused_renewals = 0;
    std::uint64_t expired = 0;         ///< evicted because their lease was over
    std::uint64_t deregistered = 0;    ///< left by themselves
    std::uint64_t observer_errors = 0; ///< exceptions of the observer, swallowed
};

/// Not thread-safe, neither copied nor moved. `now` never goes back. Each operation first evicts
/// what has expired at its `now`.
class registry {
  public:
    /// `epoch`: a number that no earlier life of this registry had.
    explicit registry(const registry_options& options, std::uint64_t epoch = 0);
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    /// Starts a lease; an instance that is known gets a new one, and what it says of itself
    /// replaces what was known.
    void register_instance(std::string_view service, const service_instance& instance,
                           time_point now);
    /// A heartbeat. False where there is no such lease (any more): register again.
    /// Self-preservation keeps leases that are over; those can be renewed.
    bool renew(std::string_view service, std::string_view id, time_point now);
    /// Ready, or draining before it leaves. False where there is no such lease.
    bool set_status(std::string_view service, std::string_view id, instance_status status,
                    time_point now);
    bool deregister(std::string_view service, std::string_view id, time_point now);

    /// Evicts what has expired.
    void advance(time_point now);
    /// When to call `advance` next; `never` where nothing will expire. Never too late, maybe early.
    time_point next_expiry() const { return next_expiry_; }
    /// As of the last operation: leases are over, but too many for their instances to be dead.
    bool preserving() const { return preserving_; }

    /// The service as of the last operation.
    service_snapshot snapshot(std::string_view service) const;
    /// Whether a client that has `version` must fetch a snapshot: the versions differ, either way
    /// (a larger one is of another life of the registry).
    bool changed(std::string_view service, std::uint64_t version) const;

    /// Called after each change, when the registry is consistent: it may call the registry. What it
    /// throws is swallowed and counted.
    using observer = void (*)(void* context, std::string_view service, std::uint64_t version);
    void observe(observer function, void* context);

    std::size_t instances() const { return instances_; } ///< of all services
    const registry_metrics& metrics() const { return metrics_; }
    const registry_options& options() const { return options_; }

  private:
    struct lease {
        service_instance instance;
        time_point end{};
    };
    struct service {
        std::uint64_t version = 0;
        std::map<std::string, lease, std::less<>> leases;
    };

    lease* find(std::string_view service, std::string_view id);
    bool expired_may_go(time_point now);
    void reconsider(time_point now);
    std::size_t evict(service& s, time_point now);
    void publish(std::string_view name, service& s);

    registry_options options_;
    std::uint64_t epoch_;
    std::map<std::string, service, std::less<>> services_; ///< never shrinks: versions stay known
    std::size_t instances_ = 0;
    std::uint64_t version_ = 0;
    time_point next_expiry_ = never; ///< no lease ends before
    bool preserving_ = false;
    registry_metrics metrics_;
    observer observer_ = nullptr;
    void* observer_context_ = nullptr;
};

/// Options are fixed for the life of a view.
struct registry_view_options {
    /// How long an empty update is not believed while the list is not empty; zero: it is believed
    /// at once; duration::max(): never.
    duration empty_hold = duration::max();
    /// An update with < this share of the instances in use is not believed for shrink_hold; 0: off;
    /// at most 1; Eureka: 0.85.
    double self_preservation_threshold = 0;
    duration shrink_hold = std::chrono::seconds{90}; ///< one lease

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const registry_view_options&, const registry_view_options&) = default;
};
static_assert(std::is_aggregate_v<registry_view_options> &&
              std::is_trivially_copyable_v<registry_view_options>);

enum class view_update : std::uint8_t {
    applied,
    kept_old,    ///< the update is not newer than what is known
    kept_empty,  ///< it is empty
    kept_shrunk, ///< it lost too many at once
};
std::string_view to_string(view_update result);

/// What a client uses. A value; not thread-safe. `now` never goes back.
class registry_view {
  public:
    explicit registry_view(const registry_view_options& options = {});

    /// What the registry said. An update that is held back is believed when an update like it comes
    /// at >= its hold after the first of them; so poll, or repeat the update, meanwhile.
    view_update update(const service_snapshot& snapshot, time_point now);
    /// The registry did not answer, or the watch broke: the last good list stands, and the next
    /// update is a full resync, taken whatever its version. So is one of another epoch.
    void failed();

    /// The last good list, by rising id.
    const std::vector<service_instance>& instances() const { return known_.instances; }
    /// Of the last good list; ask for what is newer.
    std::uint64_t version() const { return known_.version; }
    /// When the registry last said something that was applied or confirmed; time_point::min(): not
    /// yet.
    time_point confirmed_at() const { return confirmed_at_; }

  private:
    enum class doubt : std::uint8_t { none, empty, shrunk };
    doubt doubt_of(const service_snapshot& snapshot) const;
    bool overruled(doubt kind, time_point now);

    registry_view_options options_;
    service_snapshot known_;
    time_point confirmed_at_ = time_point::min();
    time_point doubted_since_{};
    doubt doubted_ = doubt::none; ///< the last update was held back for it
    bool resync_ = true;          ///< the next update is taken whatever its version
};

} // namespace windtunnel
