// SPDX-License-Identifier: BSL-1.0
// What the policies before a recorded call did, as spans below it: waits for permits, back-offs,
// refusals, fallbacks, answers of caches. Live and simulated it hears the same events:
//   policies.record(&spans);          // and caching_transport::record
//   context.trace = recorder.context_of(call);
// Of calls that are not recorded it hears nothing. Attempts are recorded by the transport.
#pragma once

#include "patterns/resilience/pipeline_call.hpp"
#include "patterns/trace/span_recorder.hpp"

namespace windtunnel {

class pipeline_spans final : public pipeline_observer {
  public:
    explicit pipeline_spans(span_recorder& to) : to_(to) {}
    void on_event(const pipeline_event& event) override;

  private:
    span_recorder& to_;
};

} // namespace windtunnel
