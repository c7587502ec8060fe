// SPDX-License-Identifier: BSL-1.0
// A producer, a network that loses, delays, doubles and reorders, and a log whose leaders fail. An
// idempotent producer's records are in the log once and in order, whatever happens on the way.
#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "patterns/base/random_stream.hpp"
#include "patterns/messaging/event_log.hpp"
#include "patterns/messaging/log_test_support.hpp"
#include "patterns/messaging/producer_buffer.hpp"

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

struct copy_of_request {
    outgoing_batch what;
    std::vector<log_record> records;
};
struct waiting_append {
    outgoing_batch what;
    append_result result;
};

struct lossy_way {
    random_stream chance;
    producer_buffer producer;
    event_log log{{.replication_factor = 3, .min_insync_replicas = 2, .replica_lag_time = 10s}};
    std::vector<copy_of_request> on_the_way{};
    std::vector<waiting_append> at_the_log{};
    std::vector<send_answer> on_the_way_back{};
    std::uint64_t added = 0;
    std::vector<std::uint64_t> delivered{}, given_up{};
    bool faults = true;
    time_point now{100s};

    explicit lossy_way(std::uint32_t seed, duration delivery_timeout = 24h)
        : chance(seed, "way"), producer({.batch_bytes = 250,
                                         .linger = 20ms,
                                         .request_timeout = 2s,
                                         .delivery_timeout = delivery_timeout},
                                        1, 7) {}

    bool happens(double p) { return faults && chance.chance(p); }

    void send() {
        while (const auto batch = producer.next_send(now)) {
            const copy_of_request copy{*batch, {batch->records.begin(), batch->records.end()}};
            for (int copies = happens(0.1) ? 0 : happens(0.2) ? 2 : 1; copies > 0; --copies)
                on_the_way.push_back(copy);
        }
    }

    template <class T>
    T take_any(std::vector<T>& list) {
        const auto at = faults ? list.begin() + static_cast<std::ptrdiff_t>(chance.below(
                                                    std::min<std::size_t>(list.size(), 8)))
                               : list.begin();
        T result = std::move(*at);
        list.erase(at);
        return result;
    }

    void answer(const outgoing_batch& b, send_outcome outcome, log_offset base = no_offset) {
        if (!happens(0.1))
            on_the_way_back.push_back({b.partition, b.id, b.attempt, outcome, base});
    }

    void arrive() {
        const auto request = take_any(on_the_way);
        const auto result =
            log.append(0, request.records, append_acks::all, now, request.what.stamp);
        if (result.taken())
            at_the_log.push_back({request.what, result});
        else
            answer(request.what, outcome_of(result.status));
    }

    void replicate() {
        const auto& p = log.partition(0);
        for (int r = 0; r < 3; ++r)
            if (!happens(0.5))
                log.replicated(0, r, p.log_end(), p.replicas().epoch(), now);
        std::erase_if(at_the_log, [this](const waiting_append& w) {
            const auto status = log.committed(0, w.result);
            if (status != commit_status::waiting)
                answer(w.what,
                       status == commit_status::committed ? send_outcome::acknowledged
                                                          : send_outcome::retriable,
                       w.result.base_offset);
            return status != commit_status::waiting;
        });
    }

    void fail_or_heal() {
        const auto& replicas = log.partition(0).replicas();
        const auto r = static_cast<int>(chance.below(3));
        if (happens(0.04))
            log.fail(0, r, now);
        else if ((!faults || happens(0.2)) && !replicas.online(r))
            log.restore(0, r, now);
        if (const auto best = replicas.candidate(); replicas.leader() < 0 && best)
            log.elect(0, *best, now);
        else if (happens(0.02) && replicas.online(r))
            log.elect(0, r, now);
    }

    void step() {
        now += 1ms * static_cast<int>(chance.below(100));
        if (happens(0.02))
            now += 3s; // requests time out
        log.advance(now);
        producer.advance(now, chance);
        for (auto n = faults ? chance.below(4) : 0; n > 0; --n)
            producer.add(0, test::records(1, added++)[0], now);
        send();
        RC_ASSERT(producer.next_event() > now);
        while (!on_the_way.empty() && (!faults || chance.chance(0.6)))
            arrive();
        fail_or_heal();
        replicate();
        while (!on_the_way_back.empty() && (!faults || chance.chance(0.7)))
            producer.answer(take_any(on_the_way_back), now, chance);
        note_finished();
    }

    void note_finished() {
        while (const auto f = producer.take_finished()) {
            RC_ASSERT(f->end != delivery_end::refused);
            for (const auto& r : f->records)
                (f->end == delivery_end::delivered ? delivered : given_up).push_back(r.word);
        }
    }
};

} // namespace

TEST_CASE("an idempotent producer's records are in the log once and in order, whatever is lost") {
    producer_metrics sent;
    event_log_metrics log;
    REQUIRE(rc::check([&](std::uint32_t seed) {
        lossy_way w{seed};
        for (int i = 0; i < 300; ++i)
            w.step();
        w.faults = false;
        for (int i = 0; i < 2000 && !w.producer.empty(); ++i)
            w.step();
        RC_ASSERT(w.producer.empty());
        RC_ASSERT(w.given_up.empty());
        const auto found = test::committed_words(w.log, 0, 0);
        RC_ASSERT(found.size() == w.added);
        for (std::size_t i = 0; i < found.size(); ++i)
            RC_ASSERT(found[i] == i);
        std::sort(w.delivered.begin(), w.delivered.end());
        RC_ASSERT(w.delivered == found);
        sent.retries += w.producer.metrics().retries;
        sent.late_answers += w.producer.metrics().late_answers;
        log += w.log.metrics();
    }));
    CHECK(sent.retries > 1000);
    CHECK(sent.late_answers > 100);
    CHECK(log.duplicates > 300);
    CHECK(log.out_of_order > 100);
    CHECK(log.truncated > 100);
}

TEST_CASE("with a delivery timeout each record is delivered, and is in the log, or given up") {
    std::size_t given_up = 0, delivered = 0;
    REQUIRE(rc::check([&](std::uint32_t seed) {
        lossy_way w{seed, 2100ms};
        for (int i = 0; i < 300; ++i)
            w.step();
        w.faults = false;
        for (int i = 0; i < 100 || !w.producer.empty(); ++i) // replicas come back, too
            w.step();
        given_up += w.given_up.size();
        delivered += w.delivered.size();
        auto found = test::committed_words(w.log, 0, 0);
        std::sort(found.begin(), found.end());
        std::sort(w.delivered.begin(), w.delivered.end());
        RC_ASSERT(
            std::includes(found.begin(), found.end(), w.delivered.begin(), w.delivered.end()));
        w.delivered.insert(w.delivered.end(), w.given_up.begin(), w.given_up.end());
        std::sort(w.delivered.begin(), w.delivered.end());
        RC_ASSERT(w.delivered.size() == w.added);
        for (std::size_t i = 0; i < w.added; ++i)
            RC_ASSERT(w.delivered[i] == i);
    }));
    CHECK(given_up > 1000);
    CHECK(delivered > 1000);
}
