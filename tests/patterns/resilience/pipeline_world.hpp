// SPDX-License-Identifier: BSL-1.0
// A pipeline on a simulation, called with scripts.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <functional>

#include "pipeline_script.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/coroutines.hpp"

namespace windtunnel::test {

/// One call, under way or ended.
struct pipeline_run {
    outcome<done> result;
    std::exception_ptr thrown;
    bool ended = false;
    time_point at{};
    boost::asio::cancellation_signal stop;
};

struct pipeline_world {
    sim::simulation sim;
    std::deque<pipeline_run> runs;
    decision_log log;

    ~pipeline_world() { sim.halt(); }

    /// Starts a call now; the pipeline, the script and the world must outlive it.
    pipeline_run& start(pipeline& client, script& backend, call_context context = {},
                        bool deferred = false) {
        pipeline_run& run = runs.emplace_back();
        client.observe(&log);
        spawn(sim, run.stop, [&, context, deferred]() -> awaitable<void> {
            auto coroutine = [&](call_context& c) { return backend.play(c); };
            auto operation = [&](call_context& c) { return backend.play_deferred(c); };
            // Asio 1.81 throws out of run() for a coroutine that is cancelled in its first turn.
            co_await boost::asio::post(sim.get_executor(), boost::asio::use_awaitable);
            try {
                if (deferred)
                    run.result = co_await client.execute(context, operation);
                else
                    run.result = co_await client.execute(context, coroutine);
            } catch (...) {
                run.thrown = std::current_exception();
            }
            run.ended = true;
            run.at = sim.now();
        });
        return run;
    }
    /// One call from its start to its end.
    pipeline_run& call(pipeline& client, script& backend, call_context context = {},
                       bool deferred = false) {
        pipeline_run& run = start(client, backend, context, deferred);
        sim.run();
        return run;
    }
    void at(duration when, std::function<void()> f) {
        async_sleep_until(sim.get_executor(), time_point{when},
                          [f = std::move(f)](boost::system::error_code) { f(); });
    }
    void cancel_at(duration when, pipeline_run& run) {
        at(when, [&run] { run.stop.emit(boost::asio::cancellation_type::terminal); });
    }
};

} // namespace windtunnel::test
