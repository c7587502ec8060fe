// SPDX-License-Identifier: BSL-1.0
// Each kind of budget under calls that retry, hedge, succeed, fail and are given up in any order:
// it never allows more than its share.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/resilience/retry_budget.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};
using script = std::vector<std::tuple<std::uint8_t, std::uint8_t, std::uint16_t>>;

struct call {
    retry_budget::slot request;
    retry_budget::slot retry;                 ///< the latest
    std::vector<retry_budget::slot> hedges{}; ///< in flight besides
};

/// Clients that share one budget.
struct world {
    retry_budget_options o;
    bool hedging = true;
    retry_budget budget{o, start};
    std::vector<call> calls{};
    time_point now = start;
    int requests = 0, successes = 0, first_successes = 0;
    int allowed = 0;         ///< retries and hedges
    std::int64_t unpaid = 0; ///< costs of those, less what their successes gave back
    int in_flight = 0;       ///< retries and hedges under way

    void note_leave(const retry_budget::slot& s) {
        ++allowed;
        ++in_flight;
        unpaid += s.paid();
        const auto share =
            static_cast<int>(std::floor(o.ratio * static_cast<int>(calls.size()) + 1e-6));
        if (o.kind == retry_budget_kind::concurrent)
            RC_ASSERT(in_flight <= std::max(share, o.min_concurrency));
    }
    void begin() {
        ++requests;
        calls.push_back({budget.begin(now), {}});
    }
    void end(std::size_t i) {
        in_flight -= static_cast<bool>(calls[i].retry) + static_cast<int>(calls[i].hedges.size());
        calls.erase(calls.begin() + static_cast<std::ptrdiff_t>(i));
    }
    void fail(std::size_t i, failure_kind how) {
        auto& c = calls[i];
        budget.on_outcome(verdict::failure, now, c.retry.paid());
        in_flight -= static_cast<bool>(c.retry);
        c.retry.end();
        c.retry = budget.withdraw(now, how);
        if (c.retry)
            note_leave(c.retry);
        else
            end(i);
    }
    void succeed(std::size_t i) {
        const int paid = calls[i].retry.paid();
        budget.on_outcome(verdict::success, now, paid);
        ++successes;
        first_successes += paid == 0;
        unpaid -= paid;
        end(i);
    }
    void hedge(std::size_t i) {
        if (auto s = budget.withdraw(now)) {
            note_leave(s);
            calls[i].hedges.push_back(std::move(s));
        }
    }
    void step(int what, std::size_t which) {
        if (what < 6 || calls.empty())
            return begin();
        const auto i = which % calls.size();
        if (what < 10)
            fail(i, what == 9 ? failure_kind::timed_out : failure_kind::error);
        else if (what < 13)
            succeed(i);
        else if (what == 13)
            end(i); // given up: neutral
        else if (hedging)
            hedge(i);
    }
};

template <class Check>
void play(world& w, const script& steps, Check check) {
    for (const auto& [what, which, pause] : steps) {
        w.now += std::chrono::milliseconds{pause % 8 == 0 ? pause % 5000 : pause % 50};
        w.step(what % 16, which);
        check();
    }
    w.calls.clear();
}

} // namespace

TEST_CASE("R2: concurrent retries and hedges never exceed their share, and all come back") {
    REQUIRE(rc::check([](const script& steps) {
        world w{.o = {.kind = retry_budget_kind::concurrent,
                      .ratio = *rc::gen::inRange(0, 150) / 100.0,
                      .min_concurrency = *rc::gen::inRange(0, 4)}};
        play(w, steps, [] {}); // note_leave checks
        RC_ASSERT(w.budget.balance(w.now) == w.o.min_concurrency);
    }));
}

TEST_CASE("what retries cost never exceeds the capacity and what successes gave") {
    REQUIRE(rc::check([](const script& steps) {
        world w{.o = {.kind = retry_budget_kind::cost,
                      .capacity = *rc::gen::inRange(0, 60),
                      .retry_cost = *rc::gen::inRange(1, 8),
                      .timeout_cost = *rc::gen::inRange(1, 15),
                      .success_refund = *rc::gen::inRange(0, 3)}};
        play(w, steps, [&w] {
            RC_ASSERT(w.unpaid <= w.o.capacity + w.o.success_refund * w.first_successes);
            RC_ASSERT(w.budget.balance(w.now) >= 0);
            RC_ASSERT(w.budget.balance(w.now) <= w.o.capacity);
        });
    }));
}

TEST_CASE("retries and hedges never exceed their ratio of requests, or of successes") {
    REQUIRE(rc::check([](const script& steps) {
        const bool on_success = *rc::gen::arbitrary<bool>();
        world w{
            .o = {.ratio = *rc::gen::inRange(0, 200) / 100.0,
                  .min_per_second = static_cast<double>(*rc::gen::inRange(0, 3)),
                  .ttl = std::chrono::seconds{*rc::gen::inRange(1, 5)},
                  .deposit_on = on_success ? budget_deposit::success : budget_deposit::request}};
        play(w, steps, [&w, on_success] {
            const auto spans = ((w.now - start) / (w.o.ttl / 10) + 10) / 10;
            const auto reserve =
                static_cast<double>(spans) * to_seconds(w.o.ttl) * w.o.min_per_second;
            const int deposits = on_success ? w.successes : w.requests;
            RC_ASSERT(w.allowed <= w.o.ratio * deposits + reserve + 1e-6);
        });
    }));
}

TEST_CASE("retries by tokens never exceed half of them and what successes gave") {
    REQUIRE(rc::check([](const script& steps) {
        const int tokens = *rc::gen::inRange(1, 20);
        const int thousandths = *rc::gen::inRange(1, 2000);
        world w{.o = {.kind = retry_budget_kind::grpc_tokens,
                      .max_tokens = static_cast<double>(tokens),
                      .token_ratio = thousandths / 1000.0},
                .hedging = false}; // leave itself costs nothing: a failure comes before each
        play(w, steps, [&w, tokens, thousandths] {
            RC_ASSERT(2000 * w.allowed < 1000 * tokens + 2 * thousandths * w.successes ||
                      w.allowed == 0);
        });
    }));
}
