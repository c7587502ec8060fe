// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/producer_options.hpp"

#include <array>

#include "patterns/messaging/producer_states.hpp"
#include "patterns/resilience/option_check.hpp"
#include "patterns/resilience/retry.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 4> send_outcome_names{"acknowledged", "retriable",
                                                             "out_of_order", "refused"};
constexpr std::array<std::string_view, 3> delivery_end_names{"delivered", "timed_out", "refused"};

void check_producer_sizes(const producer_options& o, const option_check& check) {
    check(o.batch_bytes >= 1, "batch_bytes", static_cast<double>(o.batch_bytes), "be at least 1");
    check(o.buffer_bytes >= o.batch_bytes, "buffer_bytes", static_cast<double>(o.buffer_bytes),
          "be at least batch_bytes");
    check(o.max_in_flight >= 1, "max_in_flight", o.max_in_flight, "be at least 1");
    if (!o.idempotent)
        return;
    check(o.max_in_flight <= static_cast<int>(producer_states::window), "max_in_flight",
          o.max_in_flight, "be at most 5 where idempotent: a log knows the last 5 batches");
    check(o.acks == append_acks::all, "acks", to_string(o.acks), "be all where idempotent");
}

} // namespace

void producer_options::validate() const {
    constexpr option_check check{"producer"};
    check_producer_sizes(*this, check);
    check(linger >= duration::zero(), "linger", linger, "not be negative");
    check(request_timeout > duration::zero(), "request_timeout", request_timeout, "be above 0");
    check(delivery_timeout >= linger && delivery_timeout - linger >= request_timeout,
          "delivery_timeout", delivery_timeout, "be at least linger + request_timeout");
    check(retry_backoff > duration::zero(), "retry_backoff", retry_backoff, "be above 0");
    check(retry_backoff_max >= retry_backoff, "retry_backoff_max", retry_backoff_max,
          "be at least retry_backoff");
    check(retry_jitter >= 0 && retry_jitter <= 1, "retry_jitter", retry_jitter, "be from 0 to 1");
}

duration retry_delay(const producer_options& options, int retry, double u) {
    return backoff_delay({.initial_backoff = options.retry_backoff,
                          .max_backoff = options.retry_backoff_max,
                          .jitter = jitter_kind::proportional,
                          .jitter_factor = options.retry_jitter},
                         retry, duration::zero(), u);
}

std::string_view to_string(send_outcome outcome) {
    return send_outcome_names.at(static_cast<std::size_t>(outcome));
}

std::string_view to_string(delivery_end end) {
    return delivery_end_names.at(static_cast<std::size_t>(end));
}

send_outcome outcome_of(append_status status) {
    switch (status) {
    case append_status::appended:
    case append_status::duplicate:
        return send_outcome::acknowledged;
    case append_status::no_leader:
    case append_status::not_enough_replicas:
        return send_outcome::retriable;
    case append_status::out_of_order_sequence:
    case append_status::unknown_producer:
        return send_outcome::out_of_order;
    case append_status::fenced:
        break;
    }
    return send_outcome::refused;
}

} // namespace windtunnel
