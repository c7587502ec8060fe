// SPDX-License-Identifier: BSL-1.0
// Clients and a server's door with the usual policies in the right order, to begin with. Each owns
// its policies; every option can be changed before it is made, and the policies be asked for their
// metrics. As a pipeline: one thread or strand, and it outlives its calls.
//   standard_client         total timeout > retry > circuit breaker > bulkhead > attempt timeout
//   standard_hedged_client  total timeout > hedge > circuit breaker > bulkhead > attempt timeout:
//                           for reads whose tail matters; what is not idempotent is not hedged
//   critical_write          total timeout > retry > circuit breaker > attempt timeout: waits longer
//                           and tries more often. Set context.idempotent only where the write
//                           carries an idempotency key; else it is retried only where it was
//                           certainly not processed
//   server_admission        deadline check > CoDel queue > adaptive limit: for what a server does
//                           with a request before it works (server_admission.hpp)
#pragma once

#include "patterns/resilience/bulkhead.hpp"
#include "patterns/resilience/circuit_breaker.hpp"
#include "patterns/resilience/hedge.hpp"
#include "patterns/resilience/pipeline.hpp"
#include "patterns/resilience/retry.hpp"
#include "patterns/resilience/retry_budget.hpp"
#include "patterns/resilience/server_admission.hpp"

namespace windtunnel {

/// Of all calls to one dependency. The defaults of the parts are theirs; retries are rationed by
/// what is under way: a fifth of it, and three whatever the load (Envoy's numbers).
struct standard_client_options {
    duration total_timeout = std::chrono::seconds{3};
    duration attempt_timeout = std::chrono::seconds{1};
    retry_options retry{};
    retry_budget_options budget{.kind = retry_budget_kind::concurrent};
    circuit_breaker_options breaker{};
    bulkhead_options bulkhead{};
};
static_assert(std::is_trivially_copyable_v<standard_client_options>);

class standard_client {
  public:
    /// Throws std::invalid_argument for options that are out of range.
    explicit standard_client(const standard_client_options& o = {}, random_stream random = {},
                             time_point now = {})
        : budget_(o.budget, now), breaker_(o.breaker, random, now),
          bulkhead_(o.bulkhead), pipeline_{timeout{.total = o.total_timeout},
                                           retry{o.retry, &budget_}, &breaker_, &bulkhead_,
                                           timeout{.per_attempt = o.attempt_timeout}} {}

    template <class... Arguments>
    auto execute(const call_context& context, Arguments&&... arguments) {
        return pipeline_.execute(context, std::forward<Arguments>(arguments)...);
    }
    pipeline& policies() { return pipeline_; }
    retry_budget& budget() { return budget_; }
    circuit_breaker& breaker() { return breaker_; }
    windtunnel::bulkhead& bulkhead() { return bulkhead_; }

  private:
    retry_budget budget_;
    circuit_breaker breaker_;
    windtunnel::bulkhead bulkhead_;
    pipeline pipeline_;
};

/// Hedges are rationed to a twentieth of the requests, with none for free.
struct standard_hedged_client_options {
    duration total_timeout = std::chrono::seconds{3};
    duration attempt_timeout = std::chrono::seconds{1};
    hedge_options hedge{};
    retry_budget_options budget{.ratio = 0.05, .min_per_second = 0};
    circuit_breaker_options breaker{};
    bulkhead_options bulkhead{};
};
static_assert(std::is_trivially_copyable_v<standard_hedged_client_options>);

class standard_hedged_client {
  public:
    /// Throws std::invalid_argument for options that are out of range.
    explicit standard_hedged_client(const standard_hedged_client_options& o = {},
                                    random_stream random = {}, time_point now = {})
        : budget_(o.budget, now), hedge_(o.hedge, now), breaker_(o.breaker, random, now),
          bulkhead_(o.bulkhead), pipeline_{timeout{.total = o.total_timeout},
                                           hedging{&hedge_, &budget_}, &breaker_, &bulkhead_,
                                           timeout{.per_attempt = o.attempt_timeout}} {}

    template <class... Arguments>
    auto execute(const call_context& context, Arguments&&... arguments) {
        return pipeline_.execute(context, std::forward<Arguments>(arguments)...);
    }
    pipeline& policies() { return pipeline_; }
    retry_budget& budget() { return budget_; }
    windtunnel::hedge& hedge() { return hedge_; }
    circuit_breaker& breaker() { return breaker_; }
    windtunnel::bulkhead& bulkhead() { return bulkhead_; }

  private:
    retry_budget budget_;
    windtunnel::hedge hedge_;
    circuit_breaker breaker_;
    windtunnel::bulkhead bulkhead_;
    pipeline pipeline_;
};

struct critical_write_options {
    duration total_timeout = std::chrono::seconds{30};
    duration attempt_timeout = std::chrono::seconds{5};
    retry_options retry{.max_attempts = 5,
                        .initial_backoff = std::chrono::milliseconds{200},
                        .max_backoff = std::chrono::seconds{5},
                        .transparent_retry = true};
    retry_budget_options budget{.kind = retry_budget_kind::concurrent};
    circuit_breaker_options breaker{};
};
static_assert(std::is_trivially_copyable_v<critical_write_options>);

class critical_write {
  public:
    /// Throws std::invalid_argument for options that are out of range.
    explicit critical_write(const critical_write_options& o = {}, random_stream random = {},
                            time_point now = {})
        : budget_(o.budget, now),
          breaker_(o.breaker, random, now), pipeline_{timeout{.total = o.total_timeout},
                                                      retry{o.retry, &budget_}, &breaker_,
                                                      timeout{.per_attempt = o.attempt_timeout}} {}

    template <class... Arguments>
    auto execute(const call_context& context, Arguments&&... arguments) {
        return pipeline_.execute(context, std::forward<Arguments>(arguments)...);
    }
    pipeline& policies() { return pipeline_; }
    retry_budget& budget() { return budget_; }
    circuit_breaker& breaker() { return breaker_; }

  private:
    retry_budget budget_;
    circuit_breaker breaker_;
    pipeline pipeline_;
};

} // namespace windtunnel
