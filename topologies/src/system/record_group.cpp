// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/record_group.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/record_batch.hpp"
#include "topologies/src/system/record_consumer.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

record_group::wake::wake(record_group& g)
    : timer([](timer& t) {
          record_group& self = static_cast<wake&>(t).of;
          self.group_.advance(self.core_.now());
          self.go_on();
      }),
      of(g) {}

record_group::record_group(system_core& core, topic_runtime& topic, endpoint_runtime& consumer,
                           edge_runtime& edge)
    : core_(core), topic_(topic), consumer_(consumer),
      group_(consumer.spec->consumes->membership, {{topic.name(), topic.partitions()}}),
      lags_(static_cast<std::size_t>(topic.partitions())),
      done_(static_cast<std::size_t>(topic.partitions())), wake_(*this) {
    for (int p = 0; p < topic.partitions(); ++p)
        group_.reset_offset({topic.name(), p}, 0);
    for (std::uint32_t host = 0; host < consumer.service->replicas.size(); ++host)
        for (int i = 0; i < spec().concurrency; ++i)
            consumers_.push_back(
                std::make_unique<record_consumer>(core, topic, *this, edge, host, i));
}

record_group::~record_group() {
    core_.simulation.disarm(wake_);
}

const consume_spec& record_group::spec() const {
    return *consumer_.spec->consumes;
}

void record_group::start() {
    for (auto& c : consumers_)
        c->start();
}

void record_group::clear() {
    core_.simulation.disarm(wake_);
    parked_.clear();
    for (auto& c : consumers_)
        c->clear();
}

// ---- the coordinator ----------------------------------------------------------------------------

std::uint32_t record_group::coordinator() const {
    const auto& all = topic_.broker().replicas;
    const auto up = std::find_if(all.begin(), all.end(), [](const auto& r) { return r->up(); });
    return up == all.end() ? 0 : static_cast<std::uint32_t>(up - all.begin());
}

void record_group::join(errand& e, const group_subscription& who, group_answer& into) {
    parked_[who.member] = {&e, &into};
    group_.join(who, core_.now());
    go_on();
}

void record_group::sync(errand& e, const std::string& member, std::int32_t generation,
                        group_answer& into) {
    if (group_.sync(member, generation, core_.now()) != group_status::ok) {
        into = {.member = member, .what = group_answer_kind::rejoin};
        e.answer();
    } else {
        parked_[member] = {&e, &into};
    }
    go_on();
}

group_status record_group::heartbeat(const std::string& member, std::int32_t generation) {
    const group_status status = group_.heartbeat(member, generation, core_.now());
    go_on();
    return status;
}

group_status record_group::commit(const std::string& member, std::int32_t generation,
                                  const std::vector<partition_offset>& offsets) {
    const group_status status = group_.commit(member, generation, offsets, core_.now());
    for (const partition_offset& each : offsets)
        note_lag(each.partition.partition);
    go_on();
    return status;
}

void record_group::polled(const std::string& member) {
    group_.polled(member, core_.now());
    go_on();
}

void record_group::forget(const std::string& member) {
    parked_.erase(member);
}

/// Tells who waits for it what it has decided, and waits for what comes next.
void record_group::go_on() {
    while (const auto answer = group_.take_answer()) {
        const auto found = parked_.find(answer->member);
        if (found == parked_.end())
            continue;
        const parked who = found->second;
        parked_.erase(found);
        *who.into = *answer;
        who.who->answer();
    }
    members_.set(static_cast<std::int64_t>(group_.size()), core_.now());
    const time_point next = group_.next_event();
    if (wake_.armed() && next != never && wake_.due() == std::max(next, core_.now()))
        return;
    core_.simulation.disarm(wake_);
    if (next != never)
        core_.simulation.arm(wake_, std::max(next, core_.now()), timer_class::deadline);
}

// ---- records ------------------------------------------------------------------------------------

log_offset record_group::position_of(int partition) {
    const log_partition& p = topic_.log().partition(partition);
    return group_.starting_offset({topic_.name(), partition}, p.log_start(), p.high_watermark())
        .value_or(p.log_start());
}

void record_group::worked_on(int partition, log_offset offset, const log_record& record,
                             bool good) {
    auto& done = done_[static_cast<std::size_t>(partition)];
    const bool first = offset >= done;
    ++(first ? worked_ : worked_again_);
    skipped_ += good ? 0 : 1;
    if (!first)
        return;
    done = offset + 1;
    order_.ended(key_of(record), static_cast<std::uint64_t>(offset) + 1);
    topic_.worked_on(record, !good);
}

void record_group::rewind(time_point since) {
    ++rewinds_;
    for (int p = 0; p < topic_.partitions(); ++p)
        group_.reset_offset({topic_.name(), p}, topic_.log().offset_at(p, since));
    for (int p = 0; p < topic_.partitions(); ++p)
        note_lag(p);
    for (auto& c : consumers_)
        c->begin_anew();
}

void record_group::reads(std::int64_t change) {
    read_.add(change, core_.now());
}

void record_group::idle(std::int64_t change) {
    idle_.add(change, core_.now());
}

void record_group::more_to_read(int partition) {
    note_lag(partition);
    for (auto& c : consumers_)
        c->more_to_read(partition);
}

void record_group::cut_off(int partition, log_offset end) {
    auto& done = done_[static_cast<std::size_t>(partition)];
    done = std::min(done, end);
    for (auto& c : consumers_)
        c->cut_off(partition, end);
}

void record_group::note_lag(int partition) {
    const log_partition& log = topic_.log().partition(partition);
    const std::int64_t lag =
        group_.lag({topic_.name(), partition}, log.log_start(), log.high_watermark()).value_or(0);
    auto& before = lags_[static_cast<std::size_t>(partition)];
    lag_.add(lag - std::exchange(before, lag), core_.now());
}

void record_group::broker_crashed(std::uint32_t number) {
    std::erase_if(parked_, [&](const auto& each) { return each.second.who->asked() == number; });
    for (auto& c : consumers_)
        c->broker_crashed(number);
}

void record_group::read(time_point now, policy_figures& out) const {
    const consumer_group_metrics& m = group_.metrics();
    out.machine();
    out.counter("worked", worked_);
    out.counter("worked_again", worked_again_);
    out.counter("skipped", skipped_);
    out.counter("rebalances", m.rebalances);
    out.counter("sessions_expired", m.sessions_expired);
    out.counter("polls_expired", m.polls_expired);
    out.counter("commits", m.commits);
    out.counter("fenced_commits", m.fenced_commits);
    out.counter("out_of_order", order_.out_of_order());
    out.level("lag", lag_.integral(now));
    out.level("members", members_.integral(now));
    out.level("read", read_.integral(now));
    out.level("idle", idle_.integral(now));
}

} // namespace windtunnel::topology
