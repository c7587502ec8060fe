// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/presets.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "support/allocations.hpp"
#include "support/coroutines.hpp"

namespace windtunnel {

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("The standard client bounds, retries, breaks, isolates and times each attempt") {
    standard_client client;
    CHECK(client.policies().describe() ==
          "timeout 3 s in all > retry up to 3 attempts within a budget > circuit breaker > "
          "bulkhead of 25 > timeout 1 s an attempt");
    CHECK(client.policies().warnings().empty());
}

TEST_CASE("The hedged client and the critical write have nothing foolish in their order") {
    standard_hedged_client hedged;
    CHECK(hedged.policies().describe() ==
          "timeout 3 s in all > hedge up to 2 attempts within a budget > circuit breaker > "
          "bulkhead of 25 > timeout 1 s an attempt");
    CHECK(hedged.policies().warnings().empty());
    critical_write write;
    CHECK(write.policies().describe() ==
          "timeout 30 s in all > retry up to 5 attempts within a budget > circuit breaker > "
          "timeout 5 s an attempt");
    CHECK(write.policies().warnings().empty());
}

TEST_CASE("A preset with an option out of range is refused by that option's name") {
    CHECK_THROWS_WITH(standard_client({.bulkhead = {.max_concurrent = 0}}),
                      Catch::Contains("max_concurrent"));
    CHECK_THROWS_WITH(critical_write({.retry = {.max_attempts = 0}}),
                      Catch::Contains("max_attempts"));
    CHECK_THROWS_WITH(standard_hedged_client({.hedge = {.quantile = 1.5}}),
                      Catch::Contains("quantile"));
}

TEST_CASE("A critical write is repeated only where it is safe") {
    for (const bool has_key : {false, true}) {
        sim::simulation world;
        critical_write client;
        int calls = 0;
        outcome<int> result;
        auto operation = [&](call_context&) -> awaitable<outcome<int>> {
            ++calls;
            co_return calls < 3 ? outcome<int>(failure_kind::connection_lost) : outcome<int>(1);
        };
        test::spawn(world, [&]() -> awaitable<void> {
            call_context context;
            context.idempotent = has_key;
            auto writing = client.execute(context, operation);
            result = co_await std::move(writing);
        });
        world.run();
        CHECK(calls == (has_key ? 3 : 1));
        CHECK(result.ok() == has_key);
    }
}

#ifdef NDEBUG // Asio recycles frames up to 1,020 bytes: optimised ones are smaller, others are not
TEST_CASE("A call through the standard client costs at most one allocation in steady state") {
    asio::io_context context;
    standard_client client;
    std::uint64_t allocated = 0;
    constexpr int calls = 1000;
    auto operation = [](call_context&) -> awaitable<outcome<int>> { co_return 1; };
    auto loop = [&]() -> awaitable<void> {
        call_context call;
        call.environment = &environment_of(co_await asio::this_coro::executor);
        for (int i = 0; i < 2 * calls; ++i) {
            if (i == calls)
                allocated = test::allocations();
            auto calling = client.execute(call, operation);
            const outcome<int> result = co_await std::move(calling);
            if (!result.ok())
                throw std::logic_error("a call failed");
        }
        allocated = test::allocations() - allocated;
    };
    asio::co_spawn(context, loop(), asio::detached);
    context.run();
    CHECK(allocated <= calls);
}
#endif

} // namespace windtunnel
