// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/work_queue_options.hpp"

#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "patterns/messaging/work_queue.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

TEST_CASE("a work queue refuses options that make no sense") {
    using o = work_queue_options;
    constexpr auto reject = queue_overflow::reject_publish;
    constexpr auto bury = queue_overflow::reject_publish_dead_letter;
    const auto [options, message] = GENERATE_COPY(table<o, std::string>({
        {o{.visibility_timeout = -1s}, "visibility_timeout is -1s; it must not be negative"},
        {o{.max_visibility = 0s},
         "max_visibility is 0s; it must be above 0 and at least visibility_timeout"},
        {o{.visibility_timeout = 13h}, "max_visibility is 43200s; it must be above 0 and at least"},
        {o{.max_deliveries = -1}, "max_deliveries is -1; it must not be negative"},
        {o{.message_ttl = 0s}, "message_ttl is 0s; it must be above 0"},
        {o{.message_ttl = -1s}, "message_ttl is -1s; it must be above 0"},
        {o{.max_length = -1}, "max_length is -1; it must not be negative"},
        {o{.max_bytes = -1}, "max_bytes is -1; it must not be negative"},
        {o{.deduplication_window = -1ns}, "deduplication_window is -1ns; it must not be negative"},
        {o{.max_priority = -1}, "max_priority is -1; it must be from 0 to 31"},
        {o{.max_priority = 32}, "max_priority is 32; it must be from 0 to 31"},
        {o{.fifo_groups = true, .max_priority = 1},
         "max_priority is 1; it must be 0 with fifo_groups"},
        {o{.max_unacked = -1}, "max_unacked is -1; it must not be negative"},
        {o{.max_batch = -1}, "max_batch is -1; it must not be negative"},
        {o{.max_length = 1, .fifo_groups = true},
         "overflow is drop_head; it must be another with fifo_groups"},
        {o{.max_bytes = 1, .fifo_groups = true},
         "overflow is drop_head; it must be another with fifo_groups"},
        {o{.overflow = reject}, "overflow is reject_publish; it must be drop_head where neither"},
        {o{.max_length = 1, .overflow = bury},
         "overflow is reject_publish_dead_letter; it must be another where dead_letter leaves out"},
    }));
    CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith("work_queue: " + message));
    CHECK_THROWS_AS(work_queue(options), std::invalid_argument);
}

TEST_CASE("a consumer refuses options that make no sense") {
    work_queue q{{}};
    CHECK_THROWS_WITH(q.subscribe({.prefetch = -1}),
                      "consumer: prefetch is -1; it must not be negative");
    CHECK(q.consumers() == 0);
    CHECK_NOTHROW(q.subscribe({.prefetch = 0, .priority = -1}));
}

TEST_CASE("what is at the edge of the rules is taken") {
    using o = work_queue_options;
    const auto options =
        GENERATE(o{}, o{.visibility_timeout = 12h}, o{.message_ttl = 1ns}, o{.max_priority = 31},
                 o{.max_length = 1}, o{.max_bytes = 1, .overflow = queue_overflow::reject_publish});
    CHECK_NOTHROW(options.validate());
}

TEST_CASE("the presets have the brokers' documented defaults") {
    const auto classic = rabbitmq_classic();
    CHECK(classic.visibility_timeout == 30min);
    CHECK(classic.max_visibility == 30min);
    CHECK(classic.max_deliveries == 0);
    CHECK(classic.durability == queue_durability::by_message);
    CHECK(classic.overflow == queue_overflow::drop_head);
    CHECK(classic.message_ttl == duration::max());
    const auto quorum = rabbitmq_quorum();
    CHECK(quorum.max_deliveries == 21);
    CHECK(quorum.durability == queue_durability::always);
    const auto standard = sqs_standard();
    CHECK(standard.visibility_timeout == 30s);
    CHECK(standard.max_visibility == 12h);
    CHECK(standard.message_ttl == 96h);
    CHECK(standard.max_unacked == 120'000);
    CHECK(standard.max_batch == 10);
    CHECK(standard.keep_enqueue_time);
    CHECK_FALSE(standard.fifo_groups);
    const auto fifo = sqs_fifo();
    CHECK(fifo.fifo_groups);
    CHECK(fifo.deduplication_window == 5min);
    CHECK_FALSE(fifo.keep_enqueue_time);
    for (const auto& options : {classic, quorum, standard, fifo})
        CHECK_NOTHROW(options.validate());
}
