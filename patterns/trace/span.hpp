// SPDX-License-Identifier: BSL-1.0
// The model of what a request did: a trace is a tree of spans, each an interval of time with what
// filled it. Names are OpenTelemetry's: a span has an id of 64 bits, a parent and a kind; ids of
// traces have 128 bits. A call is a span of its caller's; each attempt of it a client span, whose
// child at the callee is a server span; what either waits for (queue, work, network, back-off) are
// internal spans without children. Subjects, origins and replicas are numbers of whoever records.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "patterns/base/outcome.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel {

/// What fills a span's time.
enum class span_role : std::uint8_t {
    call,       ///< one call with all that its policies do; the first span of a trace
    attempt,    ///< one request, from where it leaves until its answer, or nobody waits for it
    server,     ///< its processing at the callee
    queue,      ///< waits for a worker, or at the callee's door before that
    work,       ///< on a worker
    sleep,      ///< waits for a timer or a disk
    network,    ///< a message is under way, there or back
    held,       ///< an injected delay keeps a request at its caller
    cold_start, ///< waits for the instance to start
    permit,     ///< waits for a permit of a bulkhead, or its turn at a rate limiter
    back_off,   ///< waits before it tries again
    flight,     ///< waits for the answer to another's request (coalescing)
    cached,     ///< a cache had the answer
    refusal,    ///< a policy refused: span::why
    fallback,   ///< a lesser answer stands in for the failure span::why
};
inline constexpr int span_role_count = 15;
std::string_view to_string(span_role role); ///< "back-off"

/// The numbers are OTLP's.
enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3 };
std::string_view to_string(span_kind kind);

enum class span_end : std::uint8_t {
    open,     ///< not over when the trace was
    ok,       ///<
    degraded, ///< well, but poorer than it should be
    failed,   ///< span::why
};

struct span {
    static constexpr std::uint32_t no_parent = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::uint16_t no_replica = std::numeric_limits<std::uint16_t>::max();

    std::uint64_t id = 0;
    /// Its place in the trace, before this one's. A span without one that is not the first hangs in
    /// the air: who began it knew the trace and not the caller's span.
    std::uint32_t parent = no_parent;
    std::uint32_t subject = 0; ///< what is asked for, or works: an endpoint
    time_point start{}, end{};
    std::uint32_t attempt = 0;          ///< of an attempt, a permit or a back-off: which, from 1
    std::uint16_t replica = no_replica; ///< of the callee
    std::uint16_t status = 0;           ///< as failure::status
    std::uint16_t lost_calls = 0;       ///< calls made for it that carried no context: other traces
    span_role role{};
    span_end how = span_end::open;
    failure_kind why{}; ///< where failed; of a refusal and a fallback

    duration length() const { return end - start; }
    bool failed() const { return how == span_end::failed; }
};

span_kind kind_of(const span& s);
/// Cannot have children: the time was spent on one thing.
constexpr bool is_leaf(span_role role) {
    return role != span_role::call && role != span_role::attempt && role != span_role::server;
}

/// Why a trace was kept; more than one may hold.
struct kept_for {
    static constexpr std::uint8_t slowest = 1; ///< of its origin in its window
    static constexpr std::uint8_t failed = 2;
    static constexpr std::uint8_t sample = 4; ///< drawn of all that were recorded
    static constexpr std::uint8_t wanted = 8; ///< somebody asked for its id
};

struct trace {
    std::uint64_t high = 0, low = 0; ///< the id
    std::uint64_t parent = 0;        ///< of its first span, where another process has it
    std::uint32_t origin = 0;        ///< who began it
    std::uint32_t left_out = 0;      ///< spans beyond the limit of one trace
    std::uint8_t rules = 0;          ///< kept_for
    std::vector<span> spans;         ///< in the order in which they began; never empty

    const span& root() const { return spans.front(); }
    duration length() const { return root().length(); }
    /// Parts of it hang in the air, or a call was lost to another trace.
    bool broken() const;
};

} // namespace windtunnel
