// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/record_consumer.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/record_batch.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

record_consumer::alarm::alarm(record_consumer& c, void (record_consumer::*s)())
    : timer([](timer& t) {
          auto& self = static_cast<alarm&>(t);
          (self.of.*self.strikes)();
      }),
      of(c), strikes(s) {}

struct record_consumer::work : pending_call {
    work(record_consumer& c, const task& t, const log_record& r, const request& asked,
         const call_context& with)
        : pending_call(asked, with,
                       [](pending_call& call, outcome<reply>* result) {
                           auto& self = static_cast<work&>(call);
                           if (result == nullptr)
                               return; // everything is being taken down
                           const outcome<reply> heard = std::move(*result);
                           self.over = true;
                           if (self.life == self.of.life_)
                               self.of.ended(heard);
                           else
                               self.of.run();
                       }),
          of(c), what_of(t), record(r), life(c.life_) {}

    record_consumer& of;
    task what_of;
    log_record record;
    std::uint32_t life;
    time_point begun{};
    bool over = false;
};

record_consumer::record_consumer(system_core& core, topic_runtime& topic, record_group& group,
                                 edge_runtime& edge, std::uint32_t host, int number)
    : core_(core), topic_(topic), group_(group), host_(host), number_(number),
      way_(
          core,
          {.from = group.consumer().service->replicas[host]->node(), .edge = &edge, .local = true}),
      position_(group.spec().position),
      fetcher_(core, topic, position_, at().node(), group.spec(), *this),
      beats_(*this, &record_consumer::beat), retries_(*this, &record_consumer::run),
      patience_(*this, &record_consumer::join), connects_(*this, &record_consumer::start) {
    at().add_listener(*this);
}

record_consumer::~record_consumer() {
    clear();
}

void record_consumer::clear() {
    for (timer* t : {static_cast<timer*>(&beats_), static_cast<timer*>(&retries_),
                     static_cast<timer*>(&patience_), static_cast<timer*>(&connects_)})
        core_.simulation.disarm(*t);
    fetcher_.forget();
}

replica& record_consumer::at() const {
    return *group_.consumer().service->replicas[host_];
}

const consume_spec& record_consumer::spec() const {
    return group_.spec();
}

// ---- lives --------------------------------------------------------------------------------------

void record_consumer::start() {
    if (!at().up())
        return;
    alive_ = true;
    member_ = at().own().name() + (number_ == 0 ? "" : "." + std::to_string(number_));
    if (life_ > 0)
        member_ += ", restart " + std::to_string(life_);
    join();
}

void record_consumer::replica_crashed(replica&) {
    clear();
    ++life_;
    alive_ = member_of_group_ = rejoins_ = lost_ = beating_ = false;
    generation_ = -1;
    group_.forget(member_);
    position_ = consumer_position(spec().position);
    batch_.clear();
    attempt_ = 0;
    note_reading();
}

void record_consumer::replica_restarted(replica&) {
    core_.simulation.disarm(connects_);
    core_.simulation.arm(connects_, saturating_add(core_.now(), spec().reconnect));
}

// ---- membership ---------------------------------------------------------------------------------

void record_consumer::ask(errand::question question, errand::hearing hearing) {
    topic_.errands().send(at().node(), group_.coordinator(), 0, std::move(question),
                          [this, life = life_, hearing = std::move(hearing)](bool good) {
                              if (life == life_)
                                  hearing(good);
                          });
}

/// The next thing is done when the answer is there; it joins anew if that takes too long, or the
/// coordinator is down.
void record_consumer::ask_group(errand::question question, void (record_consumer::*next)()) {
    core_.simulation.disarm(patience_);
    core_.simulation.arm(patience_,
                         saturating_add(core_.now(), consumer_request_timeout +
                                                         spec().membership.rebalance_timeout));
    ask(std::move(question), [this, next](bool good) {
        core_.simulation.disarm(patience_);
        if (good)
            return (this->*next)();
        group_.forget(member_);
        core_.simulation.arm(patience_, core_.now() + consumer_retry_backoff);
    });
}

/// An eager member gives up all that it has first, and commits what it has done.
void record_consumer::join() {
    rejoins_ = false;
    const bool eager = spec().membership.protocol == rebalance_protocol::eager;
    std::vector<partition_offset> done;
    if (eager) {
        done = position_.revoke_all();
        member_of_group_ = false;
    }
    note_reading();
    const group_subscription who{.member = member_,
                                 .topics = {topic_.name()},
                                 .owned = position_.partitions(),
                                 .generation = eager ? -1 : generation_};
    ask_group(
        [this, life = life_, who, done, generation = generation_,
         rewinds = group_.rewinds()](errand& e) {
            if (!done.empty() && rewinds == group_.rewinds())
                group_.commit(who.member, generation, done);
            if (life == life_)
                group_.join(e, who, answer_);
            else
                e.answer();
        },
        &record_consumer::joined);
}

void record_consumer::joined() {
    generation_ = answer_.generation;
    ask_group(
        [this, life = life_, member = member_, generation = generation_](errand& e) {
            if (life == life_)
                group_.sync(e, member, generation, answer_);
            else
                e.answer();
        },
        &record_consumer::synced);
}

void record_consumer::synced() {
    if (answer_.what != group_answer_kind::assigned)
        return join();
    auto change = position_.assign(answer_.partitions);
    for (const topic_partition& p : change.added) {
        const log_offset from = group_.position_of(p.partition);
        position_.start(p, from);
        fetcher_.begin(p.partition, from);
    }
    member_of_group_ = true;
    lost_ = false;
    note_reading();
    core_.simulation.disarm(beats_);
    core_.simulation.arm(beats_, core_.now() + spec().membership.heartbeat_interval);
    if (!change.revoked.empty()) {
        commit(std::move(change.to_commit));
        rejoins_ = true;
    }
    run();
}

void record_consumer::beat() {
    core_.simulation.arm(beats_, core_.now() + spec().membership.heartbeat_interval);
    fetcher_.give_up();
    if (beating_ && core_.now() < saturating_add(beaten_, spec().membership.session_timeout))
        return;
    beating_ = true;
    beaten_ = core_.now();
    ask(
        [this, life = life_, member = member_, generation = generation_](errand& e) {
            const group_status status = group_.heartbeat(member, generation);
            if (life == life_)
                status_ = status;
            e.answer();
        },
        [this](bool good) {
            beating_ = false;
            if (good)
                heard(status_);
        });
}

void record_consumer::heard(group_status status) {
    if (patience_.armed()) // it is about to join already
        return;
    if (status == group_status::rebalance_in_progress)
        rejoins_ = true;
    else if (status == group_status::illegal_generation || status == group_status::unknown_member)
        lost_ = true;
    if (rejoins_ || lost_)
        run();
}

void record_consumer::commit(std::vector<partition_offset>&& offsets) {
    if (offsets.empty())
        return;
    auto told = std::make_shared<group_status>();
    ask(
        [this, told, member = member_, generation = generation_, rewinds = group_.rewinds(),
         offsets = std::move(offsets)](errand& e) {
            *told = rewinds == group_.rewinds() ? group_.commit(member, generation, offsets)
                                                : group_status::ok;
            e.answer();
        },
        [this, told](bool good) {
            if (good)
                heard(*told);
        });
}

/// It was put out of the group: all that it had is others'.
void record_consumer::lose() {
    position_.lose_all();
    batch_.clear();
    generation_ = -1;
    member_of_group_ = lost_ = false;
    join();
}

void record_consumer::begin_anew() {
    if (!alive_)
        return;
    lost_ = true;
    run();
}

void record_consumer::note_reading() {
    const auto now = static_cast<std::int64_t>(position_.size());
    group_.reads(now - std::exchange(reading_, now));
    const std::int64_t idle = member_of_group_ && now == 0 ? 1 : 0;
    group_.idle(idle - std::exchange(idle_, idle));
}

// ---- reading ------------------------------------------------------------------------------------

void record_consumer::records_arrived() {
    if (batch_.empty() && working_ == nullptr)
        run();
    else
        fetcher_.ask();
}

void record_consumer::cut_off(int partition, log_offset end) {
    const topic_partition p{topic_.name(), partition};
    fetcher_.cut_off(partition, end);
    std::erase_if(batch_, [&](const task& t) {
        return t.partition == partition && t.offset >= end && !is_working_on(t);
    });
    if (const auto position = position_.position(p); position && *position > end)
        position_.start(p, end);
}

bool record_consumer::is_working_on(const task& t) const {
    return !batch_.empty() && &t == &batch_.front() && (working_ != nullptr || retries_.armed());
}

// ---- working ------------------------------------------------------------------------------------

/// Goes on until it has to wait: for records, for the work on one, or to be told what it may read.
void record_consumer::run() {
    if (std::exchange(running_, true))
        return;
    while (alive_ && (working_ == nullptr || working_->over)) {
        working_.reset();
        if (retries_.armed())
            break;
        if (!batch_.empty())
            begin();
        else if (!poll())
            break;
    }
    running_ = false;
}

/// False: there is nothing to work on now.
bool record_consumer::poll() {
    if (lost_) {
        lose();
        return false;
    }
    if (!member_of_group_)
        return false;
    if (rejoins_) {
        commit(position_.begin_poll(core_.now()));
        join();
        if (!member_of_group_)
            return false;
    }
    commit(position_.begin_poll(core_.now()));
    group_.polled(member_);
    while (const auto turn = position_.next_fetch())
        take(*turn);
    fetcher_.ask();
    return !batch_.empty();
}

void record_consumer::take(const fetch_turn& turn) {
    const log_offset there = fetcher_.known_end(turn.partition.partition) - turn.offset;
    const log_offset taken = std::min<log_offset>(there, turn.max_records);
    if (taken <= 0)
        return;
    for (log_offset i = 0; i < taken; ++i)
        batch_.push_back({turn.partition.partition, turn.offset + i});
    position_.returned(turn.partition, turn.offset + taken);
}

void record_consumer::begin() {
    const task t = batch_.front();
    const log_record* const found = topic_.log().partition(t.partition).record_at(t.offset);
    if (found == nullptr) { // deleted or cut off meanwhile
        batch_.pop_front();
        attempt_ = 0;
        return;
    }
    const log_record& record = *found;
    const request what{.operation = group_.consumer().spec->name,
                       .body = {record.body.size, nullptr}};
    working_ = std::make_unique<work>(*this, t, record, what,
                                      call_context{.environment = &core_.environment,
                                                   .key = key_of(record),
                                                   .correlation = topic_.journey_of(record)});
    working_->begun = core_.now();
    ++attempt_;
    way_.start_here(*working_, host_);
}

void record_consumer::ended(const outcome<reply>& result) {
    work& w = *working_;
    core_.observer->call_over({.edge = way_.how().edge->index,
                               .sent = w.begun,
                               .over = core_.now(),
                               .attempts = 1,
                               .ok = result.ok(),
                               .degraded = result.ok() && result.value().degraded,
                               .why = result.ok() ? failure_kind{} : result.failed().kind});
    if (!result.ok() && attempt_ < spec().attempts) {
        core_.simulation.arm(retries_, saturating_add(core_.now(), spec().requeue_after));
        return;
    }
    group_.worked_on(w.what_of.partition, w.what_of.offset, w.record, result.ok());
    attempt_ = 0;
    if (!batch_.empty())
        batch_.pop_front();
    run();
}

} // namespace windtunnel::topology
