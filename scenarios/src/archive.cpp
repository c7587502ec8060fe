// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/archive.hpp"

#include <array>
#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace windtunnel::scenario {

namespace {

using sorted_json = nlohmann::json;

constexpr const char* magic = "windtunnel result";
constexpr int format_version = 7;

/// T or const T: each list of members below is for writing and for reading.
template <class V, class T>
concept as = std::same_as<std::remove_const_t<V>, T>;

void members(auto&& visit, as<phase> auto& p) {
    visit(p.kind, p.fault, p.begin, p.end, p.warmup, p.span);
}
void members(auto&& visit, as<tally> auto& t) {
    visit(t.requests, t.failures, t.attempts, t.degraded, t.good_latency, t.failed_latency,
          t.completed_latency, t.lost, t.undone);
}
void members(auto&& visit, as<window> auto& w) {
    visit(w.sent, w.good, w.failed, w.answered, w.good_latency_sum, w.good_latency_max);
}
void members(auto&& visit, as<traffic> auto& t) {
    visit(t.phases, t.windows);
}
void members(auto&& visit, as<workload_result> auto& r) {
    visit(r.name, r.traffic, r.sent, r.in_flight, r.done, r.runs_done);
}
void members(auto&& visit, as<endpoint_result> auto& r) {
    visit(r.service, r.endpoint, r.traffic);
}
void members(auto&& visit, as<edge_result> auto& r) {
    visit(r.caller, r.service, r.endpoint, r.traffic);
}
void members(auto&& visit, as<service_levels> auto& l) {
    visit(l.busy, l.workers, l.in_system, l.in_queue);
}
void members(auto&& visit, as<service_tally> auto& t) {
    visit(t.span, t.levels, t.arrivals, t.completed, t.rejected, t.abandoned, t.lost, t.waits,
          t.wait_sum);
}
void members(auto&& visit, as<service_result> auto& r) {
    visit(r.name, r.phases, r.windows, r.in_flight);
}
void members(auto&& visit, as<policy_tally> auto& t) {
    visit(t.span, t.counters, t.levels);
}
void members(auto&& visit, as<policy_transition> auto& t) {
    visit(t.seed, t.at, t.process, t.from, t.to, t.why);
}
void members(auto&& visit, as<policy_result> auto& r) {
    visit(r.caller, r.callee, r.kind, r.machines, r.counters, r.levels, r.phases, r.windows,
          r.transitions, r.transitions_left_out);
}
void members(auto&& visit, as<fault_activation> auto& a) {
    visit(a.fault, a.seed, a.begin, a.end);
}
void members(auto&& visit, as<try_window> auto& w) {
    visit(w.sent, w.arrived, w.answered, w.good, w.gave_up, w.unreachable, w.refused, w.unreadable,
          w.own_errors, w.in_vain, w.way_sum);
}
void members(auto&& visit, as<replica_window> auto& w) {
    visit(w.over, w.jobs, w.up, w.working, w.free, w.in_queue, w.in_hand, w.unaccepted);
}
void members(auto&& visit, as<edge_telemetry> auto& e) {
    visit(e.replicas);
}
void members(auto&& visit, as<service_telemetry> auto& s) {
    visit(s.replicas);
}
void members(auto&& visit, as<telemetry> auto& t) {
    visit(t.edges, t.services);
}
void members(auto&& visit, as<span> auto& s) {
    visit(s.id, s.parent, s.subject, s.start, s.end, s.attempt, s.replica, s.status, s.lost_calls,
          s.role, s.how, s.why);
}
void members(auto&& visit, as<trace> auto& t) {
    visit(t.high, t.low, t.parent, t.origin, t.left_out, t.rules, t.spans);
}
void members(auto&& visit, as<kept_trace> auto& t) {
    visit(t.seed, t.what);
}
void members(auto&& visit, as<trace_origin> auto& o) {
    visit(o.name, o.begun);
}
void members(auto&& visit, as<trace_bounds> auto& b) {
    visit(b.slowest, b.errors, b.sample, b.window);
}
void members(auto&& visit, as<trace_result> auto& r) {
    visit(r.bounds, r.services, r.origins, r.recorded, r.crowded, r.under_way, r.broken,
          r.lost_calls, r.detached, r.kept);
}
void members(auto&& visit, as<sim::histogram_bucket> auto& b) {
    visit(b.lowest, b.count);
}
void members(auto&& visit, as<sim::histogram_data> auto& h) {
    visit(h.buckets, h.sum_high, h.sum_low, h.min, h.max);
}
void members(auto&& visit, as<run_result> auto& r) {
    visit(r.scenario, r.variant, r.version, r.seeds, r.status, r.ended, r.warmup, r.length,
          r.window, r.phases, r.workloads, r.services, r.endpoints, r.edges, r.policies,
          r.activations, r.telemetry, r.traces);
}

// ---- writing ----------------------------------------------------------------------------------

sorted_json written(const std::string& text) {
    return text;
}
sorted_json written(duration d) {
    return d.count();
}
sorted_json written(time_point t) {
    return t.time_since_epoch().count();
}
template <std::integral T>
sorted_json written(T number) {
    return number;
}
template <class T>
requires std::is_enum_v<T> sorted_json written(T value) {
    return static_cast<std::uint64_t>(value);
}
sorted_json written(sim::wide_integer value) {
    return {static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value)};
}
sorted_json written(const sim::histogram& h);

sorted_json list_of(const auto& items);

template <class T>
sorted_json written(const std::optional<T>& object);

template <class T>
sorted_json written(const std::vector<T>& items) {
    return list_of(items);
}
template <class T, std::size_t n>
sorted_json written(const std::array<T, n>& items) {
    return list_of(items);
}

template <class T>
requires std::is_aggregate_v<T> sorted_json written(const T& object) {
    sorted_json out = sorted_json::array();
    members([&](const auto&... each) { (out.push_back(written(each)), ...); }, object);
    return out;
}

sorted_json list_of(const auto& items) {
    sorted_json out = sorted_json::array();
    for (const auto& each : items)
        out.push_back(written(each));
    return out;
}

template <class T>
sorted_json written(const std::optional<T>& object) {
    return object ? written(*object) : sorted_json();
}

sorted_json written(const sim::histogram& h) {
    return h.empty() ? sorted_json() : written(h.data());
}

// ---- reading ----------------------------------------------------------------------------------

[[noreturn]] void refuse(const char* what) {
    throw std::invalid_argument(std::string("this is no archive of a result: ") + what);
}

const sorted_json& array_of(const sorted_json& in, std::size_t size) {
    if (!in.is_array() || in.size() != size)
        refuse("an array is missing or has another length");
    return in;
}

void read(const sorted_json& in, std::string& text) {
    text = in.get_ref<const std::string&>();
}
template <std::integral T>
void read(const sorted_json& in, T& number) {
    const bool fits = in.is_number_unsigned()  ? std::in_range<T>(in.get<std::uint64_t>())
                      : in.is_number_integer() ? std::in_range<T>(in.get<std::int64_t>())
                                               : false;
    if (!fits)
        refuse("a number is missing or out of range");
    number = in.get<T>();
}
void read(const sorted_json& in, duration& d) {
    std::int64_t count = 0;
    read(in, count);
    d = duration{count};
}
void read(const sorted_json& in, time_point& t) {
    duration since{};
    read(in, since);
    t = time_point{since};
}
void read_enum(const sorted_json& in, auto& value, auto last) {
    std::uint64_t number = 0;
    read(in, number);
    if (number > static_cast<std::uint64_t>(last))
        refuse("an unknown name");
    value = static_cast<std::remove_reference_t<decltype(value)>>(number);
}
void read(const sorted_json& in, phase_kind& kind) {
    read_enum(in, kind, phase_kind::after);
}
void read(const sorted_json& in, run_status& status) {
    read_enum(in, status, run_status::aborted);
}
void read(const sorted_json& in, span_role& role) {
    read_enum(in, role, span_role_count - 1);
}
void read(const sorted_json& in, span_end& how) {
    read_enum(in, how, span_end::failed);
}
void read(const sorted_json& in, failure_kind& why) {
    read_enum(in, why, failure_kind_count - 1);
}
void read(const sorted_json& in, sim::wide_integer& value) {
    std::int64_t high = 0;
    std::uint64_t low = 0;
    read(array_of(in, 2)[0], high);
    read(in[1], low);
    value = static_cast<sim::wide_integer>(high) * (static_cast<sim::wide_integer>(1) << 64) +
            static_cast<sim::wide_integer>(low);
}
void read(const sorted_json& in, sim::histogram& h);

template <class T>
requires std::is_aggregate_v<T>
void read(const sorted_json& in, T& object);

template <class T>
void read(const sorted_json& in, std::optional<T>& object) {
    object.reset();
    if (!in.is_null())
        read(in, object.emplace());
}
template <class T>
void read(const sorted_json& in, std::vector<T>& items) {
    if (!in.is_array())
        refuse("a list is missing");
    items.resize(in.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        read(in[i], items[i]);
}
template <class T, std::size_t n>
void read(const sorted_json& in, std::array<T, n>& items) {
    array_of(in, n);
    for (std::size_t i = 0; i < n; ++i)
        read(in[i], items[i]);
}

template <class T>
requires std::is_aggregate_v<T>
void read(const sorted_json& in, T& object) {
    members(
        [&](auto&... each) {
            array_of(in, sizeof...(each));
            std::size_t i = 0;
            (read(in[i++], each), ...);
        },
        object);
}

void read(const sorted_json& in, sim::histogram& h) {
    h.clear();
    if (in.is_null())
        return;
    sim::histogram_data data;
    read(in, data);
    h = sim::histogram(data);
}

} // namespace

std::string to_archive(const run_result& result) {
    std::string bytes;
    sorted_json::to_cbor(sorted_json::array({magic, format_version, written(result)}), bytes);
    return bytes;
}

run_result from_archive(std::string_view bytes) {
    try {
        const sorted_json in = sorted_json::from_cbor(bytes);
        if (array_of(in, 3)[0] != magic)
            refuse("it does not begin as one");
        if (in[1] != format_version)
            refuse("it is of another version");
        run_result result;
        read(in[2], result);
        return result;
    } catch (const sorted_json::exception& error) {
        refuse(error.what());
    }
}

} // namespace windtunnel::scenario
