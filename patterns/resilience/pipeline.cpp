// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/pipeline.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

void check_policy(const timeout& p) {
    p.validate();
}
void check_policy(const retry& p) {
    p.options.validate();
}
void check_policy(const circuit_breaker* p) {
    if (p == nullptr)
        throw std::invalid_argument("pipeline: a circuit breaker is null");
}
void check_policy(const bulkhead* p) {
    if (p == nullptr)
        throw std::invalid_argument("pipeline: a bulkhead is null");
}

void check_policy(const hedging& p) {
    if (p.latencies == nullptr)
        throw std::invalid_argument("pipeline: a hedging has no hedge");
}

void check_policy(const rate_limiter* p) {
    if (p == nullptr)
        throw std::invalid_argument("pipeline: a rate limiter is null");
}
void check_policy(const adaptive_limiter* p) {
    if (p == nullptr)
        throw std::invalid_argument("pipeline: an adaptive limiter is null");
}
void check_policy(const client_throttle* p) {
    if (p == nullptr)
        throw std::invalid_argument("pipeline: a client throttle is null");
}
void check_policy(const fallback& p) {
    p.options.validate();
}

bool is_hedging(const policy& p) {
    return std::holds_alternative<hedging>(p);
}

std::string seconds(duration d) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), to_seconds(d),
                                   std::chars_format::general, 6);
    return {text.data(), end.ptr};
}

std::string name(const timeout& p) {
    return p.total >= duration::zero() ? "timeout " + seconds(p.total) + " s in all"
                                       : "timeout " + seconds(p.per_attempt) + " s an attempt";
}
std::string name(const retry& p) {
    return "retry up to " + std::to_string(p.options.max_attempts) + " attempts" +
           (p.budget != nullptr ? " within a budget" : "");
}
std::string name(const circuit_breaker*) {
    return "circuit breaker";
}
std::string name(const bulkhead* p) {
    return "bulkhead of " + std::to_string(p->max_concurrent());
}
std::string name(const hedging& p) {
    return "hedge up to " + std::to_string(p.latencies->options().max_attempts) + " attempts" +
           (p.budget != nullptr ? " within a budget" : "") +
           (p.detach_losers ? ", its losers detached" : "");
}
std::string name(const rate_limiter* p) {
    const auto& o = p->options();
    return "rate limit of " + std::to_string(o.permits) + " in " + seconds(o.period) + " s";
}
std::string name(const adaptive_limiter*) {
    return "adaptive limit";
}
std::string name(const client_throttle*) {
    return "throttle";
}
std::string name(const fallback&) {
    return "fallback";
}

} // namespace

pipeline::pipeline(std::initializer_list<policy> outermost_first)
    : pipeline(std::vector<policy>(outermost_first)) {}

pipeline::pipeline(std::vector<policy> outermost_first) : policies_(std::move(outermost_first)) {
    if (policies_.size() > max_policies)
        throw std::invalid_argument("pipeline: " + std::to_string(policies_.size()) +
                                    " policies; at most " + std::to_string(max_policies));
    const auto retries = std::count_if(policies_.begin(), policies_.end(), is_retry);
    if (retries > static_cast<std::ptrdiff_t>(pipeline_call::max_retries))
        throw std::invalid_argument("pipeline: " + std::to_string(retries) +
                                    " layers of retry, whose attempts multiply; keep one");
    for (const policy& p : policies_)
        std::visit([](const auto& one) { check_policy(one); }, p);
    has_fallback_ = std::any_of(policies_.begin(), policies_.end(), [](const policy& p) {
        return std::holds_alternative<fallback>(p);
    });
    split();
}

/// The policies inside of a hedging are a pipeline of their own, of which each attempt is a call.
void pipeline::split() {
    const auto place = std::find_if(policies_.begin(), policies_.end(), is_hedging);
    outside_ = {policies_.begin(), place};
    traffic_.resize(policies_.size());
    if (place == policies_.end())
        return;
    if (std::any_of(place + 1, policies_.end(), is_hedging))
        throw std::invalid_argument(
            "pipeline: two layers of hedging, whose attempts multiply; keep "
            "one");
    const auto& own = std::get<hedging>(*place);
    inside_ = std::make_unique<pipeline>(std::vector<policy>(place + 1, policies_.end()));
    inside_->first_ = static_cast<std::size_t>(place - policies_.begin()) + 1;
    const auto shares_budget = [&](const policy& p) {
        const auto* r = std::get_if<retry>(&p);
        return r != nullptr && r->budget == own.budget;
    };
    hedged_ = {.how = own.latencies,
               .budget = own.budget,
               .deposits =
                   own.budget != nullptr && std::none_of(policies_.begin(), place, shares_budget),
               .detach_losers = own.detach_losers,
               .inside = inside_.get()};
}

const policy_traffic& pipeline::traffic(std::size_t place) const {
    const std::size_t hedging = outside_.size();
    return place > hedging ? inside_->traffic(place - hedging - 1) : traffic_.at(place);
}

void pipeline::draw_from(random_stream random) {
    random_ = random;
    seeded_ = true;
    if (inside_)
        inside_->draw_from({random(), "inside of the hedging"});
}

void pipeline::observe(pipeline_observer* observer) {
    audience_.observer = observer;
    if (inside_)
        inside_->observe(observer);
}

void pipeline::record(pipeline_observer* recorder) {
    audience_.recorded = recorder;
    if (inside_)
        inside_->record(recorder);
}

awaitable<pipeline_call::action> pipeline::wait(environment& env, pipeline_call& call,
                                                pipeline_call::action what) {
    if (what == pipeline_call::action::sleep) {
        auto sleep = async_wait_until(env, env.now() + call.delay(), timer_class::event,
                                      boost::asio::deferred);
        const bool elapsed = co_await std::move(sleep);
        co_return call.on_slept(elapsed, env.now());
    }
    if (what == pipeline_call::action::wait_for_turn) {
        auto queueing = async_wait_turn(env, call, boost::asio::deferred);
        const turn_wait how = co_await std::move(queueing);
        co_return call.on_turn(how, env.now());
    }
    auto waiting = async_wait_permit(env, call, boost::asio::deferred);
    const permit_wait how = co_await std::move(waiting);
    co_return call.on_permit(how, env.now());
}

std::string pipeline::describe() const {
    std::string text;
    for (const policy& p : policies_) {
        if (!text.empty())
            text += " > ";
        text += std::visit([](const auto& one) { return name(one); }, p);
    }
    return text.empty() ? "no policies" : text;
}

std::vector<std::string> pipeline::warnings() const {
    std::vector<std::string> found;
    int retries = 0;
    bool inside_attempt_timeout = false, inside_breaker = false;
    for (const policy& p : policies_) {
        if (const auto* t = std::get_if<timeout>(&p))
            inside_attempt_timeout = inside_attempt_timeout || t->per_attempt >= duration::zero();
        if (std::holds_alternative<fallback>(p) && retries > 0)
            found.emplace_back("a fallback inside a retry: its answer counts as a success, and "
                               "nothing is tried again; put it outside");
        if (std::holds_alternative<fallback>(p) && inside_breaker)
            found.emplace_back("a fallback inside a circuit breaker: the breaker does not hear of "
                               "the failures that it covers; put it outside");
        inside_breaker = inside_breaker || std::holds_alternative<circuit_breaker*>(p);
        if (const auto* h = std::get_if<hedging>(&p)) {
            if (h->budget == nullptr)
                found.emplace_back("a hedge without a budget: when everything is slow it doubles "
                                   "the load; give it one");
            if (inside_breaker)
                found.emplace_back("a circuit breaker outside of a hedge sees one call where there "
                                   "are several; put it inside");
        }
        if (!is_retry(p))
            continue;
        ++retries;
        if (inside_attempt_timeout)
            found.emplace_back("a retry inside its attempt timeout: all attempts share the time of "
                               "one; put the timeout after the retry, or call it total");
    }
    if (retries > 1)
        found.emplace_back("two layers of retry: their attempts multiply; keep one");
    return found;
}

void pipeline::seed(environment& env) {
    random_ = env.stream("pipeline " + describe());
    seeded_ = true;
}

} // namespace windtunnel
