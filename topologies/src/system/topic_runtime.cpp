// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/topic_runtime.hpp"

#include <algorithm>
#include <utility>

#include "patterns/messaging/partitioner.hpp"
#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/record_batch.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_follower.hpp"

namespace windtunnel::topology {

topic_runtime::election::election(topic_runtime& t, int p)
    : timer([](timer& self) {
          auto& e = static_cast<election&>(self);
          e.of.elect(e.partition);
      }),
      of(t), partition(p) {}

topic_runtime::wake::wake(topic_runtime& t)
    : timer([](timer& self) {
          topic_runtime& all = static_cast<wake&>(self).of;
          all.log_.advance(all.core_.now());
          all.settle_waiting();
          all.keep_time();
      }),
      of(t) {}

topic_runtime::topic_runtime(system_core& core, endpoint_runtime& at, const topic_spec& spec)
    : core_(core), at_(at), spec_(spec), log_(spec.options), errands_(core, *at.service),
      begins_(static_cast<std::size_t>(spec.options.partitions)), wake_(*this),
      disks_full_(at.service->replicas.size()) {
    for (int p = 0; p < partitions(); ++p) {
        elections_.push_back(std::make_unique<election>(*this, p));
        for (int r = 0; r < spec.options.replication_factor; ++r)
            followers_.push_back(std::make_unique<follower>(*this, p, r));
    }
    for (const auto& r : at.service->replicas)
        r->add_listener(*this);
}

topic_runtime::~topic_runtime() {
    clear();
}

void topic_runtime::clear() {
    errands_.clear();
    for (auto& g : groups_)
        g->clear();
    for (auto& f : followers_)
        f->stop();
    for (auto& e : elections_)
        core_.simulation.disarm(*e);
    core_.simulation.disarm(wake_);
    waiting_.clear();
    luggage_.drop_callers();
}

void topic_runtime::add_consumer(endpoint_runtime& to, edge_runtime& edge) {
    groups_.push_back(std::make_unique<record_group>(core_, *this, to, edge));
}

void topic_runtime::start() {
    for (auto& g : groups_)
        g->start();
}

record_group* topic_runtime::group_of(const endpoint_runtime& consumer) const {
    for (const auto& g : groups_)
        if (&g->consumer() == &consumer)
            return g.get();
    return nullptr;
}

topic_runtime::follower& topic_runtime::follower_of(int partition, int replica) {
    return *followers_[static_cast<std::size_t>(partition * spec_.options.replication_factor +
                                                replica)];
}

std::unique_ptr<topic_producer> topic_runtime::connect(channel& way, const std::string& process,
                                                       std::size_t site) {
    return std::make_unique<topic_producer>(core_, *this, way, last_producer_++,
                                            process + "/producer " + std::to_string(site));
}

const std::string& topic_runtime::name() const {
    return at_.spec->name;
}

const service_runtime& topic_runtime::broker() const {
    return *at_.service;
}

// ---- places -------------------------------------------------------------------------------------

std::uint32_t topic_runtime::broker_replica(int partition, int replica) const {
    const auto brokers = static_cast<int>(broker().replicas.size());
    return static_cast<std::uint32_t>((partition + replica) % brokers);
}

bool topic_runtime::has_leader(int partition) const {
    return log_.partition(partition).replicas().leader() != replica_set::nobody;
}

std::uint32_t topic_runtime::leader_of(int partition) const {
    return broker_replica(partition, std::max(0, log_.partition(partition).replicas().leader()));
}

std::uint32_t topic_runtime::leader(std::uint64_t key) const {
    return leader_of(key == 0 ? 0 : partition_of_key(std::to_string(key), partitions()));
}

// ---- what records carry -------------------------------------------------------------------------

std::uint64_t topic_runtime::stow(pending_call& call, std::int64_t producer) {
    const auto groups = static_cast<std::uint32_t>(groups_.size());
    journeys::id journey = 0;
    for (std::uint32_t i = 0; i < groups; ++i)
        journey = core_.journeys.hold(call.context.correlation);
    return luggage_.stow(call, journey, groups, producer);
}

void topic_runtime::abandon(std::int64_t producer) {
    for (const std::uint64_t word : luggage_.of(producer))
        produced(word, true);
}

void topic_runtime::forget_caller(std::uint64_t word) {
    if (auto* piece = luggage_.find(word))
        piece->caller = nullptr;
}

pending_call* topic_runtime::produced(std::uint64_t word, bool lost) {
    auto* piece = luggage_.find(word);
    if (piece == nullptr)
        return nullptr;
    pending_call* const caller = std::exchange(piece->caller, nullptr);
    while ((lost || piece->cut_off) && piece->groups > 0) {
        core_.journeys.release(piece->journey, true, core_.now(), *core_.observer);
        --piece->groups;
    }
    luggage_.produced(*piece);
    return caller;
}

journeys::id topic_runtime::journey_of(const log_record& r) {
    const auto* piece = luggage_.find(r.word);
    return piece == nullptr ? 0 : piece->journey;
}

void topic_runtime::worked_on(const log_record& r, bool lost) {
    auto* piece = luggage_.find(r.word);
    if (piece == nullptr || piece->groups == 0)
        return;
    core_.journeys.release(piece->journey, lost, core_.now(), *core_.observer);
    luggage_.worked_on(*piece);
}

/// Where a batch is in the log, the first time or again.
void topic_runtime::place(const std::vector<log_record>& batch, int partition, log_offset at) {
    for (const log_record& r : batch) {
        if (auto* piece = luggage_.find(r.word)) {
            piece->partition = partition;
            piece->offset = at;
            piece->cut_off = false;
        }
        ++at;
    }
}

/// No group that has not worked on them ever will.
void topic_runtime::lose_records(int partition, log_offset begin, log_offset end) {
    for (const std::uint64_t word : luggage_.cut_off(partition, begin, end))
        while (auto* piece = luggage_.find(word)) {
            core_.journeys.release(piece->journey, true, core_.now(), *core_.observer);
            luggage_.worked_on(*piece);
        }
}

void topic_runtime::forget_deleted() {
    for (int p = 0; p < partitions(); ++p) {
        log_offset& begin = begins_[static_cast<std::size_t>(p)];
        const log_offset now = log_.partition(p).log_start();
        if (now > begin)
            lose_records(p, std::exchange(begin, now), now);
    }
}

// ---- publishing ---------------------------------------------------------------------------------

namespace {

failure refusal_of(append_status status) {
    const std::uint16_t code =
        status == append_status::out_of_order_sequence || status == append_status::unknown_producer
            ? out_of_sequence
        : status == append_status::fenced ? fenced_off
                                          : not_now;
    return {.kind = failure_kind::error, .status = code, .not_processed = true};
}

} // namespace

bool topic_runtime::publish(execution& e) {
    exchange& x = *e.of;
    const std::shared_ptr<const record_batch> batch = x.records;
    WINDTUNNEL_ASSERT(batch != nullptr); // nobody publishes but producers
    const auto refuse = [&](append_status status) {
        e.ok = false;
        e.why = refusal_of(status);
        return false;
    };
    if (!has_leader(batch->partition) || leader_of(batch->partition) != x.at.number())
        return refuse(append_status::no_leader);
    const append_result result =
        log_.append(batch->partition, batch->records, batch->acks, core_.now(), batch->stamp);
    if (!result.taken())
        return refuse(result.status);
    place(batch->records, batch->partition, result.base_offset);
    const bool waits = batch->acks == append_acks::all &&
                       log_.committed(batch->partition, result) == commit_status::waiting;
    if (waits)
        waiting_.push_back({&e, batch->partition, result});
    appended(batch->partition);
    return waits;
}

void topic_runtime::forget(execution& e) {
    waiting_.remove_if([&](const waiting& w) { return w.who == &e; });
}

void topic_runtime::appended(int partition) {
    copy(partition);
    changed(partition);
    keep_time();
}

/// Those who have nothing under way are given what they lack. Who is not in sync and lacks nothing
/// says so with an empty copy: else it never would where too few in sync take no more records.
void topic_runtime::copy(int partition) {
    const log_partition& p = log_.partition(partition);
    if (!has_leader(partition))
        return;
    const std::uint32_t from = leader_of(partition);
    for (int r = 0; r < spec_.options.replication_factor; ++r) {
        follower& f =
            *followers_[static_cast<std::size_t>(partition * spec_.options.replication_factor + r)];
        const bool follows = r != p.replicas().leader() && p.replicas().online(r);
        const bool has_all = p.replicas().in_sync(r) && p.replicas().end(r) >= p.log_end();
        if (!follows || f.is_busy() || has_all)
            continue;
        const std::uint64_t records = static_cast<std::uint64_t>(p.log_end() - p.replicas().end(r));
        f.end = p.log_end();
        f.epoch = p.replicas().epoch();
        f.returns = false;
        f.from = broker().replicas[from]->node();
        f.to = broker().replicas[broker_replica(partition, r)]->node();
        f.size = records * at_.spec->request_size;
        core_.network->send(f);
    }
}

void topic_runtime::copied(int partition) {
    settle_waiting();
    copy(partition);
    changed(partition);
    keep_time();
}

/// Answers those whose batch is committed, or will not be.
void topic_runtime::settle_waiting() {
    std::vector<std::pair<execution*, bool>> over;
    for (auto w = waiting_.begin(); w != waiting_.end();) {
        const commit_status status = log_.committed(w->partition, w->result);
        if (status == commit_status::waiting) {
            ++w;
            continue;
        }
        over.emplace_back(w->who, status == commit_status::committed);
        w = waiting_.erase(w);
    }
    for (const auto& [who, good] : over)
        who->of->at.publish_ended(*who, good ? std::nullopt
                                             : std::optional{refusal_of(append_status::no_leader)});
}

/// More may be read of it.
void topic_runtime::changed(int partition) {
    for (auto& g : groups_)
        g->more_to_read(partition);
}

void topic_runtime::keep_time() {
    forget_deleted();
    std::int64_t without = 0;
    for (int p = 0; p < partitions(); ++p)
        without += has_leader(p) ? 0 : 1;
    leaderless_.set(without, core_.now());
    const time_point next = log_.next_event();
    if (wake_.armed() && next != never && wake_.due() == std::max(next, core_.now()))
        return;
    core_.simulation.disarm(wake_);
    if (next != never)
        core_.simulation.arm(wake_, std::max(next, core_.now()), timer_class::deadline);
}

record_group* group_of(const system& of, const endpoint_runtime& consumer) {
    if (!consumer.spec->consumes)
        return nullptr;
    const endpoint_runtime* from = of.find_endpoint(consumer.spec->consumes->from);
    const auto* topic = dynamic_cast<const topic_runtime*>(from->destination.get());
    return topic == nullptr ? nullptr : topic->group_of(consumer);
}

// ---- figures ------------------------------------------------------------------------------------

const policy_kind& topic_runtime::kind() const {
    return *find_destination_kind("topic");
}

void topic_runtime::read(time_point now, policy_figures& out) const {
    const event_log_metrics m = log_.metrics();
    out.machine();
    out.counter("published", m.records);
    out.counter("batches", m.batches);
    out.counter("duplicates", m.duplicates);
    out.counter("no_leader", m.no_leader);
    out.counter("not_enough_replicas", m.not_enough_replicas);
    out.counter("out_of_order", m.out_of_order);
    out.counter("deleted", m.deleted);
    out.counter("truncated", m.truncated);
    out.counter("lost", m.lost);
    out.counter("elections", m.elections);
    out.counter("left_sync", m.shrinks);
    out.level("leaderless", leaderless_.integral(now));
}

} // namespace windtunnel::topology
