// SPDX-License-Identifier: BSL-1.0
// Single requests: which of the recorded ones are worth a look, and where the time of one went.
// Every instant of a trace belongs to one span of its critical path (patterns/trace/critical_path),
// and so to one use: the uses of a trace add up to its length.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/result.hpp"

namespace windtunnel::gui {

/// What a request's time goes into.
enum class time_use : std::uint8_t {
    work,    ///< on a worker
    waiting, ///< for a worker, a permit, another's answer, a timer, an instance that starts
    network, ///< messages under way
    retry,   ///< back-off, and all of a try that another one followed
};
constexpr std::size_t time_use_count = 4;
std::string_view to_string(time_use use);

enum class trace_order : std::uint8_t { slowest, failed, most_retried };
constexpr std::size_t trace_order_count = 3;
std::string_view to_string(trace_order order); ///< "most retried"

/// One line of the list.
struct trace_line {
    std::size_t place = 0;        ///< in trace_result::kept
    std::string id;               ///< 32 hexadecimal digits
    std::string origin, endpoint; ///< who asked, and for what
    duration begin{}, length{};
    std::uint32_t retries = 0; ///< tries of all its calls beyond the first
    std::uint32_t failed_spans = 0;
    bool failed = false;
    std::string why;      ///< where it failed
    double slow_rank = 0; ///< the share of the recorded ones of its kind that were not slower
};

/// The first `most` in this order; of `failed` and `most_retried` only those that are. Of equals
/// the earlier comes first.
std::vector<trace_line> interesting_traces(const scenario::run_result& of, trace_order order,
                                           std::size_t most);

/// What the view of traces is made of.
struct trace_book {
    std::array<std::vector<trace_line>, trace_order_count> lists; ///< by trace_order
    std::vector<scenario::kept_trace> kept;
    std::vector<std::string> endpoints; ///< by subject
    std::uint64_t recorded = 0;
};
/// With at most `most` lines in each list.
trace_book book_of(scenario::run_result&& of, std::size_t most = 50);

struct time_piece {
    duration begin{}, end{}; ///< from the beginning of the trace
    time_use use{};
    bool critical = false; ///< the whole waited for it
};

/// A call, one of its tries where there are several, or the processing at a callee that nothing
/// else stands for.
struct waterfall_row {
    std::string name;
    int depth = 0;
    duration begin{}, end{}; ///< from the beginning of the trace
    bool failed = false, open = false;
    std::string why;
    std::vector<time_piece> pieces; ///< what itself did, not what it called
};

struct waterfall {
    duration length{};
    std::vector<waterfall_row> rows; ///< callers before what they called
    std::array<duration, time_use_count> spent{};
};

/// `endpoints`: names by the trace's subjects.
waterfall waterfall_of(const trace& of, const std::vector<std::string>& endpoints);

} // namespace windtunnel::gui
