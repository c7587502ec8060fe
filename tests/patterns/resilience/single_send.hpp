// SPDX-License-Identifier: BSL-1.0
// Requests that are sent through a pipeline to a scripted transport, as the one operation of
// pipeline_send.hpp; the last that ended is seen.
#pragma once

#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "patterns/resilience/pipeline_send.hpp"
#include "scripted_transport.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace windtunnel::test {

struct single {
    explicit single(std::vector<script_step> steps) : wire(sim, std::move(steps)) {}
    ~single() { sim.halt(); }
    sim::simulation sim;
    scripted_transport wire;
    boost::asio::cancellation_signal stop;
    std::tuple<outcome<reply>, std::uint32_t> seen;
    bool ended = false;
    time_point ended_at{};

    void send(pipeline& client) { send(client, stop); }
    void send(pipeline& client, boost::asio::cancellation_signal& signal,
              duration deadline = std::chrono::hours{1}) {
        test::spawn(sim, signal, [&, deadline]() -> awaitable<void> {
            co_await boost::asio::post(sim.get_executor(), boost::asio::use_awaitable);
            auto sending = make(client, deadline);
            seen = co_await std::move(sending);
            ended = true;
            ended_at = sim.now();
        });
    }
    auto make(pipeline& client, duration deadline)
        -> decltype(async_send(client, wire, request{}, call_context{}, boost::asio::deferred)) {
        call_context context; // gone when the operation starts
        context.environment = &sim.environment();
        context.deadline = sim.now() + deadline;
        const request what{"GET /", {5, std::make_shared<const std::string>("12345")}};
        return async_send(client, wire, what, context, boost::asio::deferred);
    }
};

} // namespace windtunnel::test
