// SPDX-License-Identifier: BSL-1.0
// Which traces are remembered, of those that were recorded: the slowest of each window and origin
// (tail), failed ones, a uniform sample of all, and those that somebody asked for. Memory is
// bounded: windows times slowest, plus errors plus sample, for each origin. Failed ones beyond
// their number, and the sample, are drawn by algorithm R (Vitter, "Random sampling with a
// reservoir", 1985), so that each has the same chance however long it goes on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/trace/span.hpp"
#include "patterns/trace/trace_id.hpp"

namespace windtunnel {

struct trace_options {
    double head = 1;                           ///< share of the traces that is recorded at all
    std::uint32_t slowest = 10;                ///< kept of each window and origin
    duration window = std::chrono::minutes{1}; ///< by the beginning of the trace
    std::uint32_t windows = 1000;              ///< as many at most: the oldest is forgotten
    std::uint32_t errors = 100;                ///< failed ones, kept of each origin
    std::uint32_t sample = 100;                ///< of all recorded, kept of each origin
    std::uint32_t spans = 1000;                ///< of one trace, at most
    std::uint32_t under_way = 1 << 20;         ///< spans of traces that are not over, at most
    std::vector<trace_id_prefix> wanted{};     ///< recorded and kept whatever the rest says

    void validate() const; ///< throws std::invalid_argument
};

class trace_selection {
  public:
    static constexpr std::size_t most_wanted = 100;

    trace_selection(const trace_options& options, std::size_t origins, random_stream draws);

    struct candidate {
        std::uint32_t origin = 0;
        time_point start{};
        duration length{};
        bool failed = false, wanted = false;
    };
    /// Where a trace goes; nowhere: it is forgotten.
    struct choice {
        std::uint8_t rules = 0; ///< kept_for
        std::size_t error_place = 0, sample_place = 0;
    };
    /// To be asked once for each trace that is over.
    choice choose(const candidate& c);
    /// What was chosen.
    void keep(const choice& where, const candidate& c, trace&& what);

    /// All that are kept, with their rules, in the order in which they were over.
    std::vector<trace> kept() const;

  private:
    struct entry {
        std::shared_ptr<const trace> what;
        std::uint64_t sequence = 0;
        duration length{};
    };
    /// A heap: the shortest is first.
    using slowest_traces = std::vector<entry>;
    struct reservoir {
        std::vector<entry> places;
        std::uint64_t seen = 0;
    };
    struct account {
        std::map<std::int64_t, slowest_traces> windows;
        reservoir errors, sample;
    };

    std::int64_t window_of(const candidate& c) const;
    bool is_slow(const candidate& c);
    bool draw(reservoir& of, std::uint32_t most, std::size_t& place);
    static void put(reservoir& into, std::size_t place, entry e);

    const trace_options& options_;
    random_stream draws_;
    std::vector<account> origins_;
    std::vector<entry> wanted_;
    std::uint64_t sequence_ = 0;
};

} // namespace windtunnel
