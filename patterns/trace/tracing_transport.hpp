// SPDX-License-Identifier: BSL-1.0
// Records the attempts of recorded calls that go through another transport, and gives each the
// context that its callee is to see: a client span for each request, whose id travels with it.
//   tracing_transport traced{recorder, http};
// The recorder outlives it, and one thread (or strand) uses both.
#pragma once

#include "patterns/base/transport.hpp"
#include "patterns/trace/span_recorder.hpp"

namespace windtunnel {

class tracing_transport final : public transport {
  public:
    /// `subject`: what its spans are about, in the recorder's numbers.
    tracing_transport(span_recorder& recorder, transport& to, std::uint32_t subject = 0)
        : recorder_(recorder), to_(to), subject_(subject) {}

    void start(pending_call& call) override;
    void cancel(pending_call& call) override;

  private:
    struct recorded;

    span_recorder& recorder_;
    transport& to_;
    std::uint32_t subject_;
};

} // namespace windtunnel
