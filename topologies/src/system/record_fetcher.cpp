// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/record_fetcher.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

namespace {

/// Kafka: max.partition.fetch.bytes
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;

} // namespace

struct record_fetcher::question : timer {
    /// A place in a partition.
    struct place {
        int partition = 0;
        log_offset offset = 0;
    };

    question(record_fetcher& f, std::uint32_t r)
        : timer([](timer& t) {
              auto& self = static_cast<question&>(t);
              self.of.answer(self);
          }),
          of(f), replica(r) {}

    record_fetcher& of;
    std::uint32_t replica;
    bool under_way = false;
    std::uint32_t number = 0; ///< answers to an earlier one are nothing to it
    errand* waits = nullptr;  ///< at the broker, for records
    time_point asked{};
    std::vector<place> wanted; ///< from those on
    std::vector<place> found;  ///< up to those
    std::uint64_t bytes = 0;
};

record_fetcher::record_fetcher(system_core& core, topic_runtime& topic, consumer_position& position,
                               sim::node_id at, const consume_spec& spec, fetch_listener& listener)
    : timer([](timer& t) { static_cast<record_fetcher&>(t).ask(); }), core_(core), topic_(topic),
      position_(position), at_(at), spec_(spec), listener_(listener),
      known_end_(static_cast<std::size_t>(topic.partitions())) {
    for (std::uint32_t r = 0; r < topic.broker().replicas.size(); ++r)
        questions_.push_back(std::make_unique<question>(*this, r));
}

record_fetcher::~record_fetcher() {
    forget();
}

// ---- at the consumer ----------------------------------------------------------------------------

void record_fetcher::ask() {
    for (auto& q : questions_)
        if (!q->under_way)
            q->wanted.clear();
    for (const topic_partition& p : position_.partitions()) {
        const auto position = position_.position(p);
        auto& end = end_of(p.partition);
        question& q = *questions_[topic_.leader_of(p.partition)];
        if (position && *position >= end && !q.under_way)
            q.wanted.push_back({p.partition, end = *position});
    }
    for (auto& q : questions_)
        if (!q->under_way && !q->wanted.empty())
            send(*q);
}

void record_fetcher::send(question& q) {
    q.under_way = true;
    q.asked = core_.now();
    ++q.number;
    topic_.errands().send(
        at_, q.replica, 0,
        [&q, life = life_, number = q.number](errand& e) {
            record_fetcher& self = q.of;
            if (life != self.life_ || number != q.number)
                return e.answer();
            q.waits = &e;
            if (self.find(q))
                return self.answer(q);
            self.core_.simulation.disarm(q);
            self.core_.simulation.arm(q, saturating_add(self.core_.now(), self.spec_.fetch_wait));
        },
        [&q, life = life_, number = q.number](bool good) {
            if (life == q.of.life_ && number == q.number)
                q.of.answered(q, good);
        });
}

void record_fetcher::give_up() {
    const duration patience = consumer_request_timeout + spec_.fetch_wait;
    for (auto& q : questions_)
        if (q->under_way && q->waits == nullptr &&
            core_.now() >= saturating_add(q->asked, patience)) {
            ++q->number;
            q->found.clear();
            for (const auto& each : q->wanted) // nothing came of it
                end_of(each.partition) = each.offset;
            answered(*q, false);
        }
}

void record_fetcher::forget() {
    ++life_;
    core_.simulation.disarm(*this);
    for (auto& q : questions_) {
        core_.simulation.disarm(*q);
        q->waits = nullptr;
        q->under_way = false;
    }
}

void record_fetcher::answered(question& q, bool good) {
    q.under_way = false;
    if (!good) {
        core_.simulation.disarm(*this);
        core_.simulation.arm(*this, core_.now() + consumer_retry_backoff);
        return;
    }
    for (const auto& each : std::exchange(q.found, {})) {
        const topic_partition p{topic_.name(), each.partition};
        if (!position_.position(p))
            continue; // it is somebody else's meanwhile
        const log_partition& log = topic_.log().partition(each.partition);
        auto& end = end_of(each.partition);
        if (each.offset == no_offset) // what it asked for is not in the log any more
            position_.start(p, end = spec_.membership.reset == offset_reset::latest
                                         ? log.high_watermark()
                                         : log.log_start());
        else
            end = std::max(end, std::min(each.offset, log.log_end()));
    }
    listener_.records_arrived();
}

void record_fetcher::cut_off(int partition, log_offset end) {
    end_of(partition) = std::min(known_end(partition), end);
}

// ---- at the broker ------------------------------------------------------------------------------

/// Whether there is anything of what is wanted.
bool record_fetcher::find(question& q) {
    q.found.clear();
    q.bytes = 0;
    for (const auto& each : q.wanted) {
        if (!topic_.has_leader(each.partition) || topic_.leader_of(each.partition) != q.replica)
            continue;
        const fetch_result r =
            topic_.log().fetch(each.partition, {.offset = each.offset,
                                                .max_records = std::numeric_limits<int>::max(),
                                                .max_bytes = most_bytes});
        if (r.status == fetch_status::out_of_range)
            q.found.push_back({each.partition, no_offset});
        if (r.status != fetch_status::ok || r.records.empty())
            continue;
        q.found.push_back({each.partition, r.next_offset()});
        for (const log_record& record : r.records)
            q.bytes += size_of(record);
    }
    return !q.found.empty();
}

void record_fetcher::answer(question& q) {
    core_.simulation.disarm(q);
    if (errand* e = std::exchange(q.waits, nullptr))
        e->answer(q.bytes);
}

void record_fetcher::more_to_read(int partition) {
    for (auto& q : questions_)
        if (q->waits != nullptr &&
            std::any_of(q->wanted.begin(), q->wanted.end(),
                        [&](const auto& each) { return each.partition == partition; }) &&
            find(*q))
            answer(*q);
}

void record_fetcher::broker_crashed(std::uint32_t replica) {
    question& q = *questions_[replica];
    core_.simulation.disarm(q);
    q.waits = nullptr;
}

} // namespace windtunnel::topology
