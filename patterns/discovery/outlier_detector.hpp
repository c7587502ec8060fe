// SPDX-License-Identifier: BSL-1.0
// Finds hosts that answer worse than the others, from the answers alone, and ejects them for a
// while: too many failures in a row (at >= the number), an average success rate below (<) a
// threshold, or failures that cost too much (error_cost.hpp), at once; at the end of each interval
// a success rate below (<) mean - stdev * factor / 1000, or a share of failures at or above (>=) a
// threshold. A result that several find bad ejects for the longest of their times, the first of
// them where they are equal (Finagle's hybrid). Who is let back may be on probation. Sources:
// Envoy's outlier detection, gRPC's proposal A50, Finagle, brpc, linkerd. Invariants: a host is
// ejected only within the limit, and only for what it did since it was last let back; when the
// share of usable hosts is below (<) the panic threshold, all are usable (all or none). An ejection
// ends with the first interval that ends at or after (>=) its time. Hosts are indexes, as a
// load_balancer's; whoever owns both passes `usable` on to `set_available`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "patterns/discovery/outlier_detector_options.hpp"
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

enum class ejection_reason : std::uint8_t {
    consecutive_failures,
    consecutive_local_origin_failures,
    success_rate,
    local_origin_success_rate,
    failure_percentage,
    local_origin_failure_percentage,
    average_success_rate,
    error_cost,
    probation, ///< failed while it was on probation
};
std::string_view to_string(ejection_reason reason);

enum class outlier_event_kind : std::uint8_t {
    ejected,
    not_enforced,  ///< found, but the draw of its enforcement spared it
    limit_reached, ///< found, but too many are ejected already
    unejected,
    recovered, ///< passed its probation
};
std::string_view to_string(outlier_event_kind kind);

struct outlier_event {
    outlier_event_kind kind;
    std::uint32_t host;
    ejection_reason reason; ///< unejected: why it had been ejected
    time_point at;
    time_point until; ///< of the ejection; else `at`
};

/// How a request to a host has ended.
struct host_result {
    verdict result = verdict::success;
    bool local_origin = false; ///< on our side of the wire, before the host answered
    bool overloaded = false;   ///< a failure that says no more than that the host has enough to do
    time_point sent{};         ///< when the request began
};

struct ejection {
    std::uint32_t host;
    ejection_reason reason;
    time_point since, until;
    int multiplier; ///< of base_ejection_time
    friend bool operator==(const ejection&, const ejection&) = default;
};

struct outlier_metrics { ///< since construction
    std::uint64_t ejected = 0, unejected = 0, not_enforced = 0, limit_reached = 0;
    /// Of hosts that were ejected, or sent before a host came on probation: they changed nothing.
    std::uint64_t late_results = 0;
    std::uint64_t recovered = 0;       ///< probations passed
    std::uint64_t observer_errors = 0; ///< exceptions of the observer, swallowed
};

struct success_rate_statistics {
    double mean, stdev; ///< of the population
    double threshold;   ///< mean - stdev * factor / 1000
};
success_rate_statistics success_rate_threshold(std::span<const double> rates, int stdev_factor);

/// Not thread-safe. `now` never goes back; every operation that takes it first does what the
/// intervals that have ended by then bring about.
class outlier_detector {
  public:
    using host = std::uint32_t;

    /// `hosts` hosts, none ejected. `now` starts the first interval. Throws std::invalid_argument.
    outlier_detector(const outlier_detector_options& options, std::size_t hosts,
                     random_stream random, time_point now = {});

    /// A request to h begins; only hosts on probation need to be told.
    void on_start(host h, time_point now);
    /// A request to h has ended. Neutral changes nothing, but for who waits on probation.
    void on_result(host h, const host_result& ended, time_point now);
    void on_result(host h, verdict result, bool local_origin, time_point now) {
        on_result(h, {.result = result, .local_origin = local_origin, .sent = now}, now);
    }
    /// What time alone brings about. It is due at next_interval().
    void advance(time_point now);
    time_point next_interval() const { return next_interval_; }

    bool ejected(host h) const { return hosts_[h].ejected; }
    /// Let back, and not yet as any other.
    bool on_probation(host h) const { return hosts_[h].probation > 0; }
    /// True where h is there, healthy and not ejected, or where there is panic. Not while it has as
    /// many requests under way as its probation needs; an interval's end asks for those again that
    /// were never answered.
    bool usable(host h) const;
    bool panicking() const { return panicking_; }
    /// Changes whenever the answers of `usable` may have.
    std::uint64_t revision() const { return revision_; }

    host add_host(time_point now);
    /// For good; its index is not used again.
    void remove_host(host h, time_point now);
    /// What an active health check says; healthy until told. It counts for panic, and may end an
    /// ejection (successful_active_health_check_uneject).
    void set_healthy(host h, bool healthy, time_point now);
    /// By hand; its next ejection is as long as without this one.
    void uneject(host h, time_point now);
    /// The interval under way ends when it would have ended with the new length, or now. Where
    /// nothing is enabled any more all are let back, and multipliers are forgotten.
    void set_options(const outlier_detector_options& options, time_point now);
    const outlier_detector_options& options() const { return options_; }

    std::size_t hosts() const { return hosts_.size(); } ///< ever, removed ones too
    std::uint32_t ejected_hosts() const { return ejected_; }
    int multiplier(host h) const { return hosts_[h].multiplier; }
    /// Who is ejected, by index; allocates.
    std::vector<ejection> ejections() const;
    const outlier_metrics& metrics() const { return metrics_; }

    /// Called after each event. It may ask the detector, but not change it.
    using observer = void (*)(void* context, const outlier_event& event);
    void observe(observer function, void* context);

  private:
    struct bucket {
        std::uint32_t good = 0, bad = 0; ///< of this interval
        std::uint32_t bad_in_a_row = 0;
        void count(bool success);
        double success_rate() const;
        bool has(int volume) const;
    };
    /// Of what the hosts answered, or of everything; and of our side, where that is split off.
    enum origin : std::size_t { external, local, origins };
    /// Of successes, 1 or 0, over the last requests.
    struct average {
        double value = 0;
        int seen = 0; ///< requests, up to the window
        time_point last{};
        void count(bool success, const average_success_rate_ejection& options, time_point now);

      private:
        void count_by_time(bool success, duration decay, time_point now);
    };
    /// That a result brings about.
    struct finding {
        ejection_reason reason;
        double enforcement;
        duration base;
    };
    class findings;
    struct host_state {
        bucket seen[origins];
        average rate;
        error_cost cost;
        int probation = 0; ///< good answers that it still needs
        int probes = 0;    ///< requests under way since it came on probation
        bool present = true, healthy = true, ejected = false;
        ejection_reason reason{};
        int multiplier = 0;
        time_point since{}, until{};
        time_point back{}; ///< when it was let back last, or came
    };

    bool compares(const host_state& h, origin from, int volume) const;
    std::size_t compared(origin from, int volume) const;
    void judge(host h, const host_result& ended, time_point now);
    void judge_probe(host h, const host_result& ended, time_point now);
    void judge_row(host h, origin from, int most, finding as, findings& to);
    void judge_average(host h, bool success, findings& to, time_point now);
    void judge_cost(host h, const host_result& ended, findings& to, time_point now);
    void begin_host(host_state& s, time_point at);
    void end_interval(time_point at);
    void eject_by_success_rate(origin from, ejection_reason reason, time_point at);
    void eject_by_failure_percentage(origin from, ejection_reason reason, time_point at);
    void forgive(time_point at);
    bool has_history() const;
    bool may_eject() const;
    void found(host h, const finding& what, time_point at);
    void eject(host h, const finding& what, time_point at);
    void let_back(host h, time_point at);
    duration ejection_time(duration base, int multiplier);
    void look_for_panic();
    void report(const outlier_event& event);
    void changeable() const;

    outlier_detector_options options_;
    random_stream random_;
    std::vector<host_state> hosts_;
    std::vector<double> rates_; ///< room to compare in
    std::uint32_t present_ = 0, ejected_ = 0, unusable_ = 0;
    bool panicking_ = false;
    std::uint64_t revision_ = 0;
    time_point interval_start_, next_interval_;
    outlier_metrics metrics_;
    observer observer_ = nullptr;
    void* observer_context_ = nullptr;
    bool observing_ = false;
};

} // namespace windtunnel
