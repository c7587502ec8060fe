// SPDX-License-Identifier: BSL-1.0
#include "bench/chain_limit.hpp"

#include <cmath>
#include <queue>
#include <vector>

#include "patterns/base/random_stream.hpp"

namespace windtunnel::bench {

namespace {

enum class kind : std::uint16_t { arrival, at_service, worked, back };

struct event {
    std::int64_t time;
    std::uint64_t sequence;
    std::uint32_t request;
    kind what;
    std::uint16_t service;
};
static_assert(sizeof(event) == 24);

struct later {
    bool operator()(const event& a, const event& b) const {
        return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
};

class chain_loop {
  public:
    chain_loop(const chain_shape& shape, std::uint64_t seed)
        : shape_(shape), link_(static_cast<std::int64_t>(shape.link * 1e9)), random_(seed, "chain"),
          free_workers_(static_cast<std::size_t>(shape.services), shape.workers),
          waiting_(static_cast<std::size_t>(shape.services)) {}

    chain_limit_result run(std::uint64_t requests) {
        to_come_ = requests;
        push(exponential(1 / shape_.rate), 0, kind::arrival, 0);
        while (!events_.empty()) {
            const event e = events_.top();
            events_.pop();
            now_ = e.time;
            ++result_.events;
            handle(e);
        }
        result_.mean_latency /= static_cast<double>(result_.requests);
        return result_;
    }

  private:
    void handle(const event& e) {
        switch (e.what) {
        case kind::arrival:
            push(link_, new_request(), kind::at_service, 0);
            if (--to_come_ > 0)
                push(exponential(1 / shape_.rate), 0, kind::arrival, 0);
            return;
        case kind::at_service:
            if (free_workers_[e.service] == 0)
                return waiting_[e.service].push(e.request);
            --free_workers_[e.service];
            return push(exponential(shape_.work), e.request, kind::worked, e.service);
        case kind::worked:
            next_at(e.service);
            if (e.service + 1 < shape_.services)
                return push(link_, e.request, kind::at_service, e.service + 1);
            return push(link_, e.request, kind::back, e.service);
        case kind::back:
            if (e.service > 0)
                return push(link_, e.request, kind::back, e.service - 1);
            result_.mean_latency += static_cast<double>(now_ - sent_[e.request]) * 1e-9;
            ++result_.requests;
            unused_.push_back(e.request);
            return;
        }
    }
    void next_at(std::uint16_t service) {
        if (waiting_[service].empty()) {
            ++free_workers_[service];
            return;
        }
        const std::uint32_t request = waiting_[service].front();
        waiting_[service].pop();
        push(exponential(shape_.work), request, kind::worked, service);
    }
    std::uint32_t new_request() {
        std::uint32_t request = static_cast<std::uint32_t>(sent_.size());
        if (unused_.empty()) {
            sent_.push_back(now_);
        } else {
            request = unused_.back();
            unused_.pop_back();
            sent_[request] = now_;
        }
        return request;
    }
    std::int64_t exponential(double mean) {
        return static_cast<std::int64_t>(-mean * 1e9 * std::log(random_.uniform_open()));
    }
    void push(std::int64_t after, std::uint32_t request, kind what, int service) {
        events_.push(
            {now_ + after, sequence_++, request, what, static_cast<std::uint16_t>(service)});
    }

    chain_shape shape_;
    std::int64_t link_;
    random_stream random_;
    std::priority_queue<event, std::vector<event>, later> events_;
    std::vector<int> free_workers_;
    std::vector<std::queue<std::uint32_t>> waiting_;
    std::vector<std::int64_t> sent_;
    std::vector<std::uint32_t> unused_;
    std::int64_t now_ = 0;
    std::uint64_t sequence_ = 0, to_come_ = 0;
    chain_limit_result result_;
};

} // namespace

chain_limit_result run_chain_limit(const chain_shape& shape, std::uint64_t requests,
                                   std::uint64_t seed) {
    return chain_loop(shape, seed).run(requests);
}

} // namespace windtunnel::bench
