// SPDX-License-Identifier: BSL-1.0
// Records spans while requests are under way, and keeps the traces that trace_selection chooses.
// Whether a trace is recorded is decided at its root by its id alone: OpenTelemetry's consistent
// sampling, in which the lower 56 bits of the id are not below a threshold. So the same requests
// are recorded by whoever sees the id, and a request has the same ids whatever is recorded: trace
// ids come from a random stream for each origin, span ids from the trace's by SplitMix64.
// A handle names a span that is being recorded; 0 is "not recorded", and everything may be said of
// it in vain. Handles are valid until their trace is over: when its root is closed and nobody holds
// it. Memory: what is under way (bounded by trace_options::under_way spans) and what is kept.
// One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "patterns/base/call_context.hpp"
#include "patterns/base/random_stream.hpp"
#include "patterns/base/transport.hpp"
#include "patterns/trace/trace_selection.hpp"

namespace windtunnel {

using span_handle = std::uint32_t;

/// What a span is about, besides its time.
struct span_about {
    std::uint32_t subject = 0;
    std::uint32_t attempt = 0;
    std::uint16_t replica = span::no_replica;
};

/// How a span ended.
struct span_outcome {
    span_end how = span_end::ok;
    failure_kind why{};
    std::uint16_t status = 0;

    static span_outcome failed(failure_kind why, std::uint16_t status = 0) {
        return {span_end::failed, why, status};
    }
};
span_outcome span_outcome_of(const outcome<reply>& result);

class span_recorder {
  public:
    struct counts {
        std::vector<std::uint64_t> begun; ///< traces by origin, recorded or not
        std::uint64_t recorded = 0;       ///< of those
        std::uint64_t crowded = 0;        ///< would have been recorded, had there been room
        std::uint64_t finished = 0;       ///< recorded and over
        std::uint64_t broken = 0;         ///< of those; see trace::broken
        std::uint64_t lost_calls = 0;     ///< made for recorded spans without a context
        std::uint64_t detached = 0;       ///< recorded, made with the trace alone
    };

    /// `ids`: a stream for each origin, which are their places. `draws`: for what is kept.
    span_recorder(const trace_options& options, std::vector<random_stream> ids,
                  random_stream draws);
    span_recorder(const span_recorder&) = delete;
    span_recorder& operator=(const span_recorder&) = delete;

    /// The first span of a new trace; 0 where it is not recorded. `context` gets its ids in any
    /// case.
    span_handle begin(std::uint32_t origin, std::uint32_t subject, time_point now,
                      trace_context& context) {
        random_stream& ids = ids_[origin];
        context = {.trace_high = ids(), .trace_low = ids()};
        ++counts_.begun[origin];
        if ((context.trace_low & random_bits) < threshold_ && !is_wanted(context))
            return 0;
        return begin_recorded(origin, subject, now, context);
    }
    /// The first span here of a trace that began elsewhere, where it is sampled.
    span_handle join(std::uint32_t origin, span_role role, const span_about& about, time_point now,
                     const trace_context& context);

    span_handle open(span_handle parent, span_role role, time_point now,
                     const span_about& about = {});
    /// In the trace of `near`, by one who knows the trace alone.
    span_handle open_detached(span_handle near, span_role role, time_point now,
                              const span_about& about = {});
    /// The first time counts.
    void close(span_handle s, time_point now, const span_outcome& end = {});
    /// What it waited for has come: it goes on as another leaf.
    [[nodiscard]] span_handle become(span_handle leaf, span_role role, time_point now);
    /// A span without length.
    void mark(span_handle parent, span_role role, time_point now, const span_outcome& end,
              const span_about& about = {});
    /// A call made for it carried no context.
    void lost_call(span_handle s);

    /// A wait inside of a call, of which there is one at a time for each attempt: begun by the one,
    /// ended by the other, if there is any.
    void begin_wait(span_handle call, span_role role, std::uint32_t attempt, time_point now);
    void end_wait(span_handle call, std::uint32_t attempt, time_point now,
                  const span_outcome& end = {});

    /// Keeps the trace under way although its root is closed.
    void hold(span_handle s);
    void release(span_handle s, time_point now);

    /// What a call made by this span carries.
    trace_context context_of(span_handle s) const;
    /// The span that the context names; 0 where it is not recorded here, or its trace is over.
    span_handle find(const trace_context& context) const {
        return context.recording == 0 ? 0 : find(context.recording, context.span);
    }
    span_handle find(std::uint32_t recording, std::uint64_t span) const {
        return recording != 0 && at(recording).id == span ? recording : 0;
    }

    const counts& counted() const { return counts_; }
    std::uint64_t under_way() const { return counts_.recorded - counts_.finished; }
    std::size_t spans_under_way() const { return live_; }
    std::vector<trace> kept() const { return selection_.kept(); }
    const trace_options& options() const { return options_; }

  private:
    static constexpr std::uint64_t random_bits = (std::uint64_t{1} << 56) - 1;
    static constexpr std::size_t chunk = 1024;

    struct live_span : span {
        span_handle next = 0;    ///< of its trace; of free ones
        span_handle waiting = 0; ///< of a call: its waits; of a wait: the next one
        std::uint32_t of = 0;    ///< its trace
        std::uint32_t place = 0; ///< in it
    };
    struct live_trace {
        std::uint64_t high = 0, low = 0, parent = 0;
        std::uint32_t origin = 0;
        span_handle first = 0, last = 0;
        std::uint32_t spans = 0, left_out = 0, holders = 0;
        bool wanted = false, broken = false;
    };

    bool is_wanted(const trace_context& context) const;
    span_handle begin_recorded(std::uint32_t origin, std::uint32_t subject, time_point now,
                               trace_context& context);
    /// 0: there is no room.
    span_handle start_trace(std::uint32_t origin, const trace_context& context, span_role role,
                            const span_about& about, time_point now);
    span_handle add(std::uint32_t of, std::uint32_t parent, span_role role, time_point now,
                    const span_about& about);
    span_handle take();
    void free(std::uint32_t index);
    void finish(std::uint32_t index);
    trace copy(const live_trace& t) const;
    live_span& at(span_handle h) { return (*chunks_[(h - 1) / chunk])[(h - 1) % chunk]; }
    const live_span& at(span_handle h) const {
        return (*chunks_[(h - 1) / chunk])[(h - 1) % chunk];
    }

    trace_options options_;
    std::uint64_t threshold_;
    std::vector<random_stream> ids_;
    trace_selection selection_;
    std::vector<std::unique_ptr<std::array<live_span, chunk>>> chunks_;
    span_handle free_ = 0;
    std::uint32_t taken_ = 0; ///< handles that were ever used
    std::size_t live_ = 0;
    std::vector<live_trace> traces_;
    std::vector<std::uint32_t> free_traces_;
    counts counts_;
};

} // namespace windtunnel
