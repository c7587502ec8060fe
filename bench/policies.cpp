// SPDX-License-Identifier: BSL-1.0
// Each policy alone, and each preset, around an operation that completes at once, live: on an
// io_context of one thread, where a look at the clock costs what it costs. The baseline is the bare
// call; "policies.none" is the driver without a policy.
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "bench/benchmark.hpp"
#include "patterns/resilience/presets.hpp"

namespace windtunnel::bench {

namespace {

namespace asio = boost::asio;

constexpr int calls = 200'000;
constexpr int rounds = 7;

awaitable<outcome<int>> at_once(call_context&) {
    co_return 1;
}

/// Makes the calls one after the other; `client` has execute(context, operation).
template <class Client>
awaitable<void> loop(Client& client) {
    call_context context;
    context.environment = &environment_of(co_await asio::this_coro::executor);
    for (int i = 0; i < calls; ++i) {
        auto calling = client.execute(context, at_once);
        const outcome<int> result = co_await std::move(calling);
        if (!result.ok())
            throw std::logic_error("a call of the benchmark failed");
    }
}

struct bare {
    awaitable<outcome<int>> execute(call_context context,
                                    awaitable<outcome<int>> (*f)(call_context&)) {
        auto calling = f(context);
        co_return co_await std::move(calling);
    }
};

template <class Client>
subject measured(const char* name, std::shared_ptr<Client> client) {
    return {name, [client] {
                asio::io_context context;
                asio::co_spawn(context, loop(*client), asio::detached);
                context.run();
                return static_cast<double>(calls);
            }};
}

template <class... Policies>
subject alone(const char* name, Policies... policies) {
    return measured(name, std::make_shared<pipeline>(std::vector<policy>{policies...}));
}

} // namespace

std::vector<measurement> policies() {
    static circuit_breaker breaker({}, {});
    static bulkhead rooms({});
    static rate_limiter limiter({.permits = 1'000'000'000});
    static adaptive_limiter adaptive({});
    static client_throttle throttle({});
    static retry_budget budget({.kind = retry_budget_kind::concurrent});
    static hedge latencies({});
    return time_interleaved(
        {measured("policies.bare", std::make_shared<bare>()), alone("policies.none"),
         alone("policies.circuit_breaker", policy(&breaker)),
         alone("policies.bulkhead", policy(&rooms)),
         alone("policies.rate_limiter", policy(&limiter)),
         alone("policies.adaptive_limiter", policy(&adaptive)),
         alone("policies.client_throttle", policy(&throttle)),
         alone("policies.retry", policy(retry{{}, &budget})),
         alone("policies.timeout", policy(timeout{.per_attempt = std::chrono::seconds{1}})),
         alone("policies.hedge", policy(hedging{&latencies, &budget})),
         measured("policies.standard_client", std::make_shared<standard_client>()),
         measured("policies.standard_hedged_client", std::make_shared<standard_hedged_client>()),
         measured("policies.critical_write", std::make_shared<critical_write>()),
         measured("policies.server_admission", std::make_shared<server_admission>())},
        rounds, "ns/call");
}

} // namespace windtunnel::bench
