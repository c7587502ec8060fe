// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/work_queue_options.hpp"

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr option_check work_queue_check{"work_queue"};

void check_times(const work_queue_options& o) {
    const auto& check = work_queue_check;
    check(o.visibility_timeout >= duration::zero(), "visibility_timeout", o.visibility_timeout,
          "not be negative");
    check(o.max_visibility > duration::zero() && o.max_visibility >= o.visibility_timeout,
          "max_visibility", o.max_visibility, "be above 0 and at least visibility_timeout");
    check(o.message_ttl > duration::zero(), "message_ttl", o.message_ttl, "be above 0");
    check(o.deduplication_window >= duration::zero(), "deduplication_window",
          o.deduplication_window, "not be negative");
}

void check_numbers(const work_queue_options& o) {
    const auto& check = work_queue_check;
    check(o.max_deliveries >= 0, "max_deliveries", o.max_deliveries, "not be negative");
    check(o.max_length >= 0, "max_length", o.max_length, "not be negative");
    check(o.max_bytes >= 0, "max_bytes", static_cast<double>(o.max_bytes), "not be negative");
    check(o.max_unacked >= 0, "max_unacked", o.max_unacked, "not be negative");
    check(o.max_batch >= 0, "max_batch", o.max_batch, "not be negative");
    check(o.max_priority >= 0 && o.max_priority <= 31, "max_priority", o.max_priority,
          "be from 0 to 31");
    check(o.max_priority == 0 || !o.fifo_groups, "max_priority", o.max_priority,
          "be 0 with fifo_groups: a group has one order");
}

void check_overflow(const work_queue_options& o) {
    const auto& check = work_queue_check;
    const bool bounded = o.max_length > 0 || o.max_bytes > 0;
    if (o.overflow == queue_overflow::drop_head) {
        check(!bounded || !o.fifo_groups, "overflow", "drop_head",
              "be another with fifo_groups: a group that is blocked has no head");
        return;
    }
    const bool dead_letters = o.overflow == queue_overflow::reject_publish_dead_letter;
    const char* name = dead_letters ? "reject_publish_dead_letter" : "reject_publish";
    check(bounded, "overflow", name, "be drop_head where neither max_length nor max_bytes is set");
    check(!dead_letters || o.dead_letter.maxlen, "overflow", name,
          "be another where dead_letter leaves out maxlen");
}

} // namespace

void work_queue_options::validate() const {
    check_times(*this);
    check_numbers(*this);
    check_overflow(*this);
}

work_queue_options rabbitmq_classic() {
    return {.visibility_timeout = std::chrono::minutes{30},
            .max_visibility = std::chrono::minutes{30},
            .durability = queue_durability::by_message};
}

work_queue_options rabbitmq_quorum() {
    auto options = rabbitmq_classic();
    options.max_deliveries = 21;
    options.durability = queue_durability::always;
    return options;
}

work_queue_options sqs_standard() {
    return {.visibility_timeout = std::chrono::seconds{30},
            .max_visibility = std::chrono::hours{12},
            .message_ttl = std::chrono::hours{4 * 24},
            .max_unacked = 120'000,
            .max_batch = 10,
            .keep_enqueue_time = true};
}

work_queue_options sqs_fifo() {
    auto options = sqs_standard();
    options.fifo_groups = true;
    options.deduplication_window = std::chrono::minutes{5};
    options.keep_enqueue_time = false;
    return options;
}

} // namespace windtunnel
