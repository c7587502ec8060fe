// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry_budget.hpp"

#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

retry_budget_options grpc(double max_tokens, double token_ratio) {
    return {.kind = retry_budget_kind::grpc_tokens,
            .max_tokens = max_tokens,
            .token_ratio = token_ratio};
}

retry_budget_options share(double ratio, double min_per_second = 0, duration ttl = 10s) {
    return {.ratio = ratio, .min_per_second = min_per_second, .ttl = ttl};
}

int withdraw_all(retry_budget& budget, time_point now) {
    int n = 0;
    while (budget.try_withdraw(now))
        ++n;
    return n;
}

} // namespace

TEST_CASE("gRPC tokens: retries need more than half, after the failure has been counted") {
    retry_budget budget{grpc(10, 0.1)};
    CHECK(budget.balance(start) == 10);
    for (int i = 0; i < 4; ++i) {
        budget.on_outcome(verdict::failure);
        CHECK(budget.try_withdraw(start));
    }
    budget.on_outcome(verdict::failure); // 5 of 10: not more than half
    CHECK(budget.balance(start) == 5);
    CHECK_FALSE(budget.try_withdraw(start));
    budget.on_outcome(verdict::success);
    CHECK(budget.balance(start) == 5.1);
    CHECK(budget.try_withdraw(start));
}

TEST_CASE("gRPC tokens: leave to retry costs nothing, a neutral end neither") {
    retry_budget budget{grpc(10, 0.1)};
    CHECK(budget.try_withdraw(start));
    budget.on_outcome(verdict::neutral);
    budget.on_request(start);
    CHECK(budget.balance(start) == 10);
    budget.on_outcome(verdict::failure);
    budget.on_outcome(verdict::neutral);
    CHECK(budget.balance(start) == 9);
}

TEST_CASE("gRPC tokens never leave the range from none to all") {
    retry_budget budget{grpc(3, 0.5)};
    budget.on_outcome(verdict::success);
    CHECK(budget.balance(start) == 3);
    for (int i = 0; i < 7; ++i)
        budget.on_outcome(verdict::failure);
    CHECK(budget.balance(start) == 0);
    for (int i = 0; i < 3; ++i)
        budget.on_outcome(verdict::success);
    CHECK_FALSE(budget.try_withdraw(start)); // 1.5 is half
    budget.on_outcome(verdict::success);
    CHECK(budget.try_withdraw(start));
}

TEST_CASE("gRPC tokens: three decimals of the ratio count, the rest is ignored") {
    retry_budget budget{grpc(10, 0.0019)};
    budget.on_outcome(verdict::failure);
    budget.on_outcome(verdict::success);
    CHECK(budget.balance(start) == 9.001);
    retry_budget exact{grpc(10, 1.001)}; // in binary a little less
    exact.on_outcome(verdict::failure);
    exact.on_outcome(verdict::failure);
    exact.on_outcome(verdict::success);
    CHECK(exact.balance(start) == 9.001);
}

TEST_CASE("ratio: five requests allow one retry of 20 %") {
    retry_budget budget{share(0.2)};
    for (int i = 0; i < 4; ++i)
        budget.on_request(start);
    CHECK_FALSE(budget.try_withdraw(start));
    budget.on_request(start);
    CHECK(budget.try_withdraw(start));
    CHECK_FALSE(budget.try_withdraw(start));
}

TEST_CASE("ratio: the reserve allows retries to a client with no traffic, again each ttl") {
    retry_budget budget{share(0, 10, 10s)};
    CHECK(withdraw_all(budget, start) == 100);
    CHECK(withdraw_all(budget, start + 10s - 1ns) == 0);
    CHECK(withdraw_all(budget, start + 10s) == 100);
    CHECK(withdraw_all(budget, start + 1000s) == 100);
}

TEST_CASE("ratio: what was not used expires after the ttl") {
    retry_budget budget{share(0.5)};
    for (int i = 0; i < 10; ++i)
        budget.on_request(start);
    CHECK(budget.balance(start + 10s - 1ns) == 5);
    CHECK(budget.balance(start + 10s) == 0);
    CHECK_FALSE(budget.try_withdraw(start + 10s));
}

TEST_CASE("ratio: outcomes do not matter, and neither kind allows a retry without any share") {
    retry_budget budget{share(0)};
    budget.on_outcome(verdict::success);
    budget.on_request(start);
    CHECK_FALSE(budget.try_withdraw(start));
}

TEST_CASE("ratio: retries never exceed their share plus the reserve, whatever happens when") {
    REQUIRE(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint16_t>>& steps) {
        const double ratio = *rc::gen::inRange(0, 200) / 100.0;
        const int per_second = *rc::gen::inRange(0, 4);
        const duration ttl = std::chrono::seconds{*rc::gen::inRange(1, 11)};
        retry_budget budget{share(ratio, per_second, ttl)};
        auto now = start;
        int requests = 0;
        int retries = 0;
        for (const auto& [what, pause] : steps) {
            now += std::chrono::milliseconds{pause % 8 == 0 ? pause % 5000 : pause % 50};
            const bool asks = what % 3 == 0;
            for (int i = 0; i < what; ++i) {
                retries += asks && budget.try_withdraw(now);
                requests += !asks;
                if (!asks)
                    budget.on_request(now);
            }
            const auto slices = (now - start) / (ttl / 10) + 1;
            const auto spans = (slices + 9) / 10;
            const auto reserve = static_cast<double>(spans) * to_seconds(ttl) * per_second;
            RC_ASSERT(retries <= ratio * requests + reserve + 1e-6);
            RC_ASSERT(budget.balance(now) <=
                      ratio * requests + per_second * to_seconds(ttl) + 1e-6);
        }
    }));
}
