// SPDX-License-Identifier: BSL-1.0
// What a running system tells whoever keeps the books. Calls come in the order of virtual time,
// from inside of the simulation; they must not change the system. Indexes are those of the system's
// lists.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patterns/base/outcome.hpp"
#include "patterns/base/transport.hpp"

namespace windtunnel::topology {

struct call_record {
    std::uint32_t edge = 0; ///< system::edges()
    time_point sent{}, over{};
    std::uint32_t attempts = 0; ///< that left; 0: a policy refused the call
    bool ok = false;
    bool degraded = false;
    failure_kind why{}; ///< where not ok
};

/// One try on its way: of which edge, to which replica of the callee.
struct try_place {
    std::uint32_t edge = 0; ///< system::edges()
    std::uint32_t replica = 0;
};

/// A try of which its caller has heard, or that it has given up.
struct try_record {
    try_place place;
    bool ok = false;
    bool gave_up = false; ///< its caller did not wait any longer
    failure_kind why{};   ///< where not ok
};

struct request_record {
    std::uint32_t endpoint = 0; ///< system::endpoints()
    std::uint32_t service = 0;  ///< system::services()
    try_place place;
    time_point arrived{}, over{};
    bool ok = false;
    bool degraded = false;
    failure_kind why{}; ///< where not ok
    enum class end : std::uint8_t {
        answered,  ///< well or with an error of its own
        rejected,  ///< refused on arrival
        abandoned, ///< left the queue, dropped, or cancelled
        lost,      ///< in a crash
    } how = end::answered;
    bool passed_on = false; ///< what failed is a call of its own, not itself
    bool in_vain = false;   ///< its caller had left before
};

/// The work that a request left behind in queues and topics is over.
struct work_record {
    std::uint32_t client = 0; ///< system::clients()
    time_point sent{};        ///< the request
    time_point over{};
    bool lost = false; ///< some of it is never done: refused, dropped, or a dead letter
};

/// A policy of one process went from one state to another.
struct policy_change {
    std::string caller;      ///< a service or a workload
    std::string callee;      ///< a service; empty: it is a policy of the caller's own requests
    std::string_view kind{}; ///< as in policy_reading
    std::string process;     ///< "orders#0"
    std::string_view from{}, to{};
    std::string why{}; ///< for people: "failure rate 62 % of 20 calls"
    time_point at{};   ///< may be before now: time alone brings changes that show later
};

class observer {
  public:
    virtual ~observer() = default;
    virtual void request_arrived(std::uint32_t endpoint, time_point now) = 0;
    virtual void request_over(const request_record& record) = 0;
    virtual void call_over(const call_record& record) = 0;
    virtual void work_over(const work_record& record) = 0;
    virtual void policy_changed(const policy_change& change) = 0;

    virtual void try_sent(const try_place& /*place*/) {}
    /// It was under way for so long, what held it back at its caller included, and without the
    /// wait for a connection.
    virtual void try_arrived(const try_place& /*place*/, duration /*way*/) {}
    virtual void try_over(const try_record& /*record*/) {}
};

} // namespace windtunnel::topology
