// SPDX-License-Identifier: BSL-1.0
// A response cache and request coalescing as a transport in front of another: for whoever sends
// requests rather than runs operations (see read_through).
//   caching_transport cached{answers, &policies, backend};
//   auto sending = async_send(cached, what, context, deferred);   // or async_send(fallback, ...)
// What a request asks for is its context.key, which the caller makes of all that an answer depends
// on; a request without a key passes through. Answers that it has itself leave no attempt
// (`pending_call::sent` is 0).
#pragma once

#include "patterns/base/transport.hpp"
#include "patterns/resilience/read_through.hpp"

namespace windtunnel {

class caching_transport final : public transport {
  public:
    using answers = read_through<std::uint64_t, reply>;

    /// What has no answer goes through `policies` (nullptr: none) to `backend`. All of them outlive
    /// it. Several transports may share their answers.
    caching_transport(answers& shared, pipeline* policies, transport& backend)
        : answers_(shared), policies_(policies), backend_(backend) {}

    void start(pending_call& call) override;
    void cancel(pending_call& call) override;

    /// Of calls whose context names a recorded span it hears cache_hit and joined; nullptr: nobody.
    void record(pipeline_observer* recorder) { recorder_ = recorder; }

  private:
    struct asked;
    struct under_way;
    struct fetched;
    void launch(answers::flight&& flight, const pending_call& first);
    void tell(const pending_call& call, const outcome<reply>* answer, time_point now) const;

    answers& answers_;
    pipeline* policies_;
    transport& backend_;
    pipeline_observer* recorder_ = nullptr;
};

} // namespace windtunnel
