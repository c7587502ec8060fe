// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/retry_budget.hpp"

#include <functional>
#include <string>
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

TEST_CASE("ratio: exactly the share of many requests, at one decimal and at 200 %") { // Finagle
    const auto [ratio, expected] = GENERATE(table<double, int>(
        {{0, 0}, {0.0001, 1}, {0.01, 100}, {0.1, 1000}, {0.33, 3300}, {2, 20000}}));
    retry_budget budget{share(ratio)};
    for (int i = 0; i < 10'000; ++i)
        budget.on_request(start);
    CHECK(withdraw_all(budget, start) == expected);
}

TEST_CASE("ratio: deposits on success allow nothing while nothing succeeds") {
    auto options = share(0.5);
    options.deposit_on = budget_deposit::success;
    retry_budget budget{options};
    for (int i = 0; i < 100; ++i) {
        budget.on_request(start);
        budget.on_outcome(verdict::failure, start);
        budget.on_outcome(verdict::neutral, start);
    }
    CHECK_FALSE(budget.try_withdraw(start));
    budget.on_outcome(verdict::success, start);
    CHECK(budget.balance(start) == 0.5);
    budget.on_outcome(verdict::success, start + 9s);
    CHECK(budget.balance(start + 9s) == 1);
    CHECK(budget.balance(start + 10s) == 0.5); // each as old as its own success
    CHECK(budget.balance(start + 19s) == 0);
}

TEST_CASE("ratio: a success without a time counts as of the latest instant") {
    auto options = share(1);
    options.deposit_on = budget_deposit::success;
    retry_budget budget{options};
    budget.on_request(start + 5s);
    budget.on_outcome(verdict::success);
    CHECK(budget.balance(start + 15s - 1ns) == 1);
    CHECK(budget.balance(start + 15s) == 0);
}

TEST_CASE("concurrent: 20 % of the requests under way, and three whatever the load") { // Envoy
    const auto [requests, expected] = GENERATE(table<int, int>(
        {{0, 3}, {1, 3}, {15, 3}, {19, 3}, {20, 4}, {24, 4}, {25, 5}, {1000, 200}}));
    retry_budget budget{{.kind = retry_budget_kind::concurrent}};
    for (int i = 0; i < requests; ++i)
        budget.on_request(start);
    CHECK(budget.balance(start) == expected);
    CHECK(withdraw_all(budget, start) == expected);
    CHECK(budget.balance(start) == 0);
    budget.on_retry_ended();
    CHECK(withdraw_all(budget, start + 1h) == 1); // time does not matter, ends do
}

TEST_CASE("concurrent: requests that end take their share along, but no retry that runs") {
    retry_budget budget{
        {.kind = retry_budget_kind::concurrent, .ratio = 0.5, .min_concurrency = 0}};
    CHECK_FALSE(budget.try_withdraw(start));
    std::vector<retry_budget::slot> requests;
    for (int i = 0; i < 4; ++i)
        requests.push_back(budget.begin(start));
    auto one = budget.withdraw(start);
    auto two = budget.withdraw(start);
    CHECK(one);
    CHECK(two);
    CHECK_FALSE(budget.withdraw(start));
    requests.resize(2);
    CHECK(budget.balance(start) == 0); // 1 - 2: nothing left, not less
    two.end();
    two.end();
    CHECK_FALSE(budget.withdraw(start)); // one of one
    one = {};
    CHECK(budget.withdraw(start));
}

TEST_CASE("a slot ends once, wherever it has been moved") {
    retry_budget budget{{.kind = retry_budget_kind::concurrent, .min_concurrency = 2}};
    {
        auto one = budget.withdraw(start);
        auto two = budget.withdraw(start);
        retry_budget::slot moved{std::move(one)};
        CHECK_FALSE(one); // NOLINT(bugprone-use-after-move)
        CHECK(budget.balance(start) == 0);
        two = std::move(moved);
        CHECK(budget.balance(start) == 1);
        auto& itself = two;
        two = std::move(itself);
        CHECK(two);
        CHECK(budget.balance(start) == 1);
    }
    CHECK(budget.balance(start) == 2);
}

TEST_CASE("the other kinds do not mind slots") {
    retry_budget budget{share(1)};
    {
        auto request = budget.begin(start);
        auto retry = budget.withdraw(start);
        CHECK(retry);
        CHECK(retry.paid() == 0);
        CHECK_FALSE(budget.withdraw(start));
    }
    CHECK(budget.balance(start) == 0); // a retry that has ended was made
}

TEST_CASE("cost: the AWS SDK's bucket of 500") { // smithy-rs, the standard strategy
    retry_budget budget{{.kind = retry_budget_kind::cost}};
    auto retry = budget.withdraw(start);
    CHECK(budget.balance(start) == 495);
    budget.on_outcome(verdict::failure, start, retry.paid());
    retry = budget.withdraw(start);
    CHECK(budget.balance(start) == 490);
    SECTION("the last retry's success gives its own cost back") {
        budget.on_outcome(verdict::success, start, retry.paid());
        CHECK(budget.balance(start) == 495);
    }
    SECTION("no more attempts: nothing comes back") {
        budget.on_outcome(verdict::failure, start, retry.paid());
        retry.end();
        CHECK(budget.balance(start) == 490);
    }
    SECTION("a cancelled one gives nothing back either") {
        budget.on_outcome(verdict::neutral, start, retry.paid());
        CHECK(budget.balance(start) == 490);
    }
}

TEST_CASE("cost: after a timeout a retry costs ten") { // smithy-rs
    retry_budget budget{{.kind = retry_budget_kind::cost, .capacity = 100}};
    auto retry = budget.withdraw(start, failure_kind::timed_out);
    CHECK(retry.paid() == 10);
    CHECK(budget.balance(start) == 90);
    retry = budget.withdraw(start, failure_kind::timed_out);
    CHECK(budget.balance(start) == 80);
    budget.on_outcome(verdict::success, start, retry.paid());
    CHECK(budget.balance(start) == 90);
    CHECK(budget.price() == 5);
    CHECK(budget.price(failure_kind::timed_out) == 10);
}

TEST_CASE("cost: a retry needs all of its cost, exactly is enough") { // smithy-rs, no quota
    retry_budget budget{{.kind = retry_budget_kind::cost, .capacity = 14}};
    CHECK_FALSE(retry_budget({.kind = retry_budget_kind::cost, .capacity = 0}).try_withdraw(start));
    CHECK(budget.try_withdraw(start));
    CHECK_FALSE(budget.try_withdraw(start, failure_kind::timed_out)); // 9 of 10
    CHECK(budget.balance(start) == 9);
    budget.on_outcome(verdict::success); // a first attempt's
    CHECK(budget.try_withdraw(start, failure_kind::timed_out));
    CHECK(budget.balance(start) == 0);
    CHECK_FALSE(budget.try_withdraw(start));
}

TEST_CASE("cost: refunds stop at the capacity") {
    retry_budget budget{{.kind = retry_budget_kind::cost, .capacity = 10}};
    budget.on_outcome(verdict::success);
    CHECK(budget.balance(start) == 10);
    CHECK(budget.try_withdraw(start));
    for (int i = 1; i <= 4; ++i)
        budget.on_outcome(verdict::success);
    CHECK(budget.balance(start) == 9);
    budget.on_outcome(verdict::success, start, 5);
    CHECK(budget.balance(start) == 10);
}

TEST_CASE("retries and hedges draw on one budget") {
    const auto kind =
        GENERATE(retry_budget_kind::ratio, retry_budget_kind::concurrent, retry_budget_kind::cost);
    retry_budget budget{{.kind = kind,
                         .ratio = 0,
                         .min_per_second = 0.3, // three
                         .min_concurrency = 3,
                         .capacity = 15}};
    auto hedging = budget.begin(start);
    auto retrying = budget.begin(start);
    auto hedge = budget.withdraw(start);
    auto second_hedge = budget.withdraw(start);
    auto retry = budget.withdraw(start, failure_kind::error);
    CHECK(hedge);
    CHECK(second_hedge);
    CHECK(retry);
    CHECK_FALSE(budget.withdraw(start));
    CHECK_FALSE(budget.withdraw(start, failure_kind::timed_out));
}

TEST_CASE("the further kinds of retry budgets refuse options that make no sense") {
    using o = retry_budget_options;
    const std::vector<std::pair<std::function<void(o&)>, std::string>> rows{
        {[](o& x) { x.min_concurrency = -1; },
         "retry_budget: min_concurrency is -1; it must be from 0 to 1e9"},
        {[](o& x) { x.capacity = -1; }, "retry_budget: capacity is -1; it must be from 0 to 1e9"},
        {[](o& x) { x.capacity = 1'000'000'001; }, "retry_budget: capacity is 1000000001"},
        {[](o& x) { x.retry_cost = 0; }, "retry_budget: retry_cost is 0; it must be from 1 to 1e9"},
        {[](o& x) { x.timeout_cost = 0; }, "retry_budget: timeout_cost is 0"},
        {[](o& x) { x.success_refund = -1; }, "retry_budget: success_refund is -1"},
    };
    for (const auto& [spoil, message] : rows) {
        o options;
        spoil(options);
        CHECK_THROWS_AS(options.validate(), std::invalid_argument);
        CHECK_THROWS_WITH(retry_budget(options), Catch::Matchers::StartsWith(message));
    }
}

TEST_CASE("the kinds of retry budgets and of deposits have names") {
    CHECK(to_string(retry_budget_kind::grpc_tokens) == "grpc_tokens");
    CHECK(to_string(retry_budget_kind::ratio) == "ratio");
    CHECK(to_string(retry_budget_kind::concurrent) == "concurrent");
    CHECK(to_string(retry_budget_kind::cost) == "cost");
    CHECK(to_string(budget_deposit::request) == "request");
    CHECK(to_string(budget_deposit::success) == "success");
}

// ---- what it tells of itself --------------------------------------------------------------------

TEST_CASE("a budget counts what allowed retries, the leave it gave and what it refused") {
    retry_budget budget{share(0.5)};
    for (int i = 0; i < 3; ++i)
        budget.on_request(start);
    CHECK(withdraw_all(budget, start) == 1);
    CHECK(budget.metrics().deposits == 3);
    CHECK(budget.metrics().withdrawals == 1);
    CHECK(budget.metrics().refused == 1);
}

TEST_CASE("deposits are what the kind takes for one") {
    retry_budget on_success{{.deposit_on = budget_deposit::success}};
    retry_budget tokens{grpc(10, 0.1)}, cost{{.kind = retry_budget_kind::cost}};
    retry_budget concurrent{{.kind = retry_budget_kind::concurrent}};
    for (retry_budget* budget : {&on_success, &tokens, &cost, &concurrent}) {
        budget->on_request(start);
        budget->on_request(start);
        budget->on_outcome(verdict::success, start);
        budget->on_outcome(verdict::failure, start);
    }
    CHECK(on_success.metrics().deposits == 1);
    CHECK(tokens.metrics().deposits == 1);
    CHECK(cost.metrics().deposits == 1);
    CHECK(concurrent.metrics().deposits == 2);
}

TEST_CASE("what a deposit allowed is in the balance over time for as long as it counts") {
    retry_budget budget{share(1, 0, 10s)};
    budget.on_request(start); // counts to the end of its slice, 10 s on
    CHECK((budget.balance_over_time(start + 4s) == 4'000'000'000));
    CHECK((budget.balance_over_time(start + 1h) == 10'000'000'000));
    budget.on_request(start + 1h);
    CHECK((budget.balance_over_time(start + 1h + 1s) == 11'000'000'000));
    CHECK(budget.try_withdraw(start + 1h + 1s));
    CHECK((budget.balance_over_time(start + 1h + 5s) == 11'000'000'000));
}

TEST_CASE("tokens over time are those that failures took and successes gave back") {
    retry_budget budget{grpc(10, 0.5)};
    budget.on_outcome(verdict::failure, start + 2s);
    CHECK((budget.balance_over_time(start + 2s) == 20'000'000'000));
    budget.on_outcome(verdict::success, start + 4s);
    CHECK((budget.balance_over_time(start + 4s) == 38'000'000'000));
    CHECK((budget.balance_over_time(start + 5s) == 47'500'000'000));
}

TEST_CASE("of concurrent the balance is the retries that could be made at once") {
    retry_budget budget{{.kind = retry_budget_kind::concurrent, .min_concurrency = 3}};
    {
        auto first = budget.begin(start);
        auto again = budget.withdraw(start + 1s);
        REQUIRE(again);
        CHECK((budget.balance_over_time(start + 1s) == 3'000'000'000));
        budget.on_outcome(verdict::success, start + 4s);
    }
    CHECK((budget.balance_over_time(start + 4s) == 9'000'000'000));
    CHECK((budget.balance_over_time(start + 5s) == 12'000'000'000));
}
