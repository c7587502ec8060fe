// SPDX-License-Identifier: BSL-1.0
// A pipeline for coroutines on many threads. State machines never lock: all that decides runs on
// one strand, the operation itself where its caller runs, at the price of two hops there and two
// back for each attempt. A program whose context one thread runs uses `pipeline` and pays nothing.
//   asio::thread_pool pool;  auto policies_on = asio::make_strand(pool);
//   shared_pipeline client(policies_on, {retry{}, &breaker, &bulkhead});
//   ... in any coroutine on a strand of its own or a single thread:
//   outcome<reply> r = co_await client.execute(context, operation);
// All shared pipelines of one context use one strand, made before anything else asks for the
// context's environment. Policies (breakers, budgets) are touched on that strand alone: post to it
// to read their metrics. The pipeline must outlive its calls.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "patterns/base/run_on.hpp"
#include "patterns/resilience/pipeline.hpp"

namespace windtunnel {

class shared_pipeline {
  public:
    /// Throws std::invalid_argument as pipeline does, and std::logic_error where the context's
    /// environment belongs to another executor already.
    shared_pipeline(boost::asio::any_io_executor strand, std::vector<policy> outermost_first)
        : strand_(std::move(strand)), pipeline_(std::move(outermost_first)) {
        if (environment_of(strand_).executor() != strand_)
            throw std::logic_error("shared_pipeline: the policies of a context decide on one "
                                   "strand, and another executor has asked for its environment; "
                                   "make the strand first and give the same one to all");
    }

    /// As pipeline::execute; `operation` returns an awaitable, which runs on the caller's executor.
    template <class F>
    requires awaitable_safe<F>
    auto execute(const call_context& context, F&& operation)
        -> boost::asio::awaitable<typename std::invoke_result_t<F&, call_context&>::value_type> {
        return on_strand<F>(context, std::forward<F>(operation));
    }

    /// For metrics and settings: use it on the strand alone.
    pipeline& inner() { return pipeline_; }
    const boost::asio::any_io_executor& strand() const { return strand_; }

  private:
    template <class F>
    auto on_strand(call_context context, F operation)
        -> boost::asio::awaitable<typename std::invoke_result_t<F&, call_context&>::value_type> {
        auto home = co_await boost::asio::this_coro::executor;
        auto at_home = [&](call_context& c) { return run_on(home, operation(c)); };
        context.environment = nullptr; // the strand's, not one of the caller's
        auto deciding = run_on(strand_, pipeline_.execute(context, at_home));
        co_return co_await std::move(deciding);
    }

    boost::asio::any_io_executor strand_;
    pipeline pipeline_;
};

} // namespace windtunnel
