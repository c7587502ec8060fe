// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/topic_producer.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/record_batch.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"
#include "topologies/src/system/topic_runtime.hpp"

namespace windtunnel::topology {

/// One request with one batch.
struct topic_producer::attempt : boost::intrusive::list_base_hook<>, pending_call {
    attempt(topic_producer& p, const outgoing_batch& b, const request& r, const call_context& c)
        : pending_call(r, c,
                       [](pending_call& call, outcome<reply>* result) {
                           auto& self = static_cast<attempt&>(call);
                           if (result != nullptr)
                               self.of.ended(self, *result);
                       }),
          of(p), partition(b.partition), id(b.id), number(b.attempt), sent(p.core_.now()) {}

    topic_producer& of;
    int partition;
    std::uint64_t id;
    int number;
    time_point sent;
};

struct topic_producer::attempts {
    boost::intrusive::list<attempt, boost::intrusive::constant_time_size<false>> list;
};

topic_producer::topic_producer(system_core& core, topic_runtime& to, channel& way,
                               std::int64_t number, const std::string& streams)
    : timer(&topic_producer::struck), core_(core), to_(to), way_(way),
      buffer_(to.spec().producer, to.partitions(), number),
      partitioner_({.partitions = to.partitions(),
                    .sticky_bytes = std::max<std::uint64_t>(1, to.spec().producer.batch_bytes)},
                   static_cast<int>(number % to.partitions())),
      chance_(core.environment.stream(streams)), under_way_(std::make_unique<attempts>()),
      number_(number) {}

topic_producer::~topic_producer() {
    core_.simulation.disarm(*this);
    under_way_->list.clear_and_dispose([](attempt* a) { delete a; });
}

void topic_producer::stop() {
    stopped_ = true;
    core_.simulation.disarm(*this);
    while (!under_way_->list.empty())
        way_.cancel(under_way_->list.front());
    to_.abandon(number_);
}

// ---- records ------------------------------------------------------------------------------------

void topic_producer::start(pending_call& call) {
    log_record record;
    if (call.context.key != 0)
        record.key = std::to_string(call.context.key);
    record.body.size = call.what.body.size;
    record.timestamp = core_.now();
    const std::uint64_t word = record.word = to_.stow(call, number_);
    call.state = reinterpret_cast<void*>(word);
    const int partition = partitioner_.partition_of(record);
    if (stopped_ || !buffer_.add(partition, std::move(record), core_.now()))
        no_room_.push_back(word);
    go_on();
}

void topic_producer::cancel(pending_call& call) {
    const auto word = reinterpret_cast<std::uint64_t>(call.state);
    to_.forget_caller(word);
    call.complete(failure_kind::cancelled);
}

/// Not at once: a call never ends inside of start().
void topic_producer::refuse_what_found_no_room() {
    for (const std::uint64_t word : std::exchange(no_room_, {}))
        if (pending_call* caller = to_.produced(word, true)) {
            caller->sent = 0;
            caller->complete(failure{
                .kind = failure_kind::overloaded, .status = not_now, .not_processed = true});
        }
}

void topic_producer::finish_all() {
    while (const auto finished = buffer_.take_finished())
        finish(*finished);
}

void topic_producer::finish(const finished_batch& batch) {
    const bool delivered = batch.end == delivery_end::delivered;
    for (const log_record& r : batch.records) {
        pending_call* caller = to_.produced(r.word, !delivered);
        if (caller == nullptr)
            continue;
        if (delivered)
            caller->complete(reply{});
        else if (batch.end == delivery_end::timed_out)
            caller->complete(failure_kind::timed_out);
        else
            caller->complete(failure{.kind = failure_kind::error, .status = fenced_off});
    }
}

// ---- batches ------------------------------------------------------------------------------------

void topic_producer::struck(timer& t) {
    auto& self = static_cast<topic_producer&>(t);
    self.refuse_what_found_no_room();
    self.unheard_ = false;
    self.give_up_attempts();
    self.buffer_.advance(self.core_.now(), self.chance_);
    self.finish_all();
    self.go_on();
}

time_point topic_producer::end_of_patience() const {
    return under_way_->list.empty()
               ? never
               : saturating_add(under_way_->list.front().sent, to_.spec().producer.request_timeout);
}

/// Nobody hears any more of requests that have no answer in time: the network may have lost them.
void topic_producer::give_up_attempts() {
    while (core_.now() >= end_of_patience())
        way_.cancel(under_way_->list.front());
}

/// Sends what may be sent, ends what is finished, and waits for what comes next.
void topic_producer::go_on() {
    if (stopped_ && no_room_.empty())
        return;
    while (const auto batch = stopped_ ? std::nullopt : buffer_.next_send(core_.now()))
        send(*batch);
    const bool at_once = unheard_ || !no_room_.empty();
    const time_point next =
        at_once ? core_.now() : std::min(buffer_.next_event(), end_of_patience());
    if (!armed() || due() != next) {
        core_.simulation.disarm(*this);
        if (next != never)
            core_.simulation.arm(*this, std::max(next, core_.now()));
    }
}

void topic_producer::send(const outgoing_batch& b) {
    auto batch = std::make_shared<record_batch>();
    batch->partition = b.partition;
    batch->acks = b.acks;
    batch->stamp = b.stamp;
    batch->records.assign(b.records.begin(), b.records.end());
    std::uint64_t bytes = 0;
    for (const log_record& r : batch->records)
        bytes += size_of(r);
    const request what{.operation = to_.name(), .body = {bytes, nullptr}};
    auto* a = new attempt(
        *this, b, what,
        {.environment = &core_.environment, .attempt = static_cast<std::uint32_t>(b.attempt)});
    under_way_->list.push_back(*a);
    way_.start_at(*a, to_.leader_of(b.partition));
    static_cast<exchange*>(a->state)->records = std::move(batch);
    if (b.acks != append_acks::none)
        return;
    unheard_ = true;
    buffer_.answer({.partition = a->partition, .id = a->id, .attempt = a->number}, core_.now(),
                   chance_);
}

/// A broker has answered, or cannot be reached.
void topic_producer::ended(attempt& a, const outcome<reply>& result) {
    send_outcome said = send_outcome::acknowledged;
    if (!result.ok()) {
        const failure& why = result.failed();
        said = why.kind != failure_kind::error ? send_outcome::retriable
               : why.status == out_of_sequence ? send_outcome::out_of_order
               : why.status == fenced_off      ? send_outcome::refused
                                               : send_outcome::retriable;
    }
    const send_answer answer{a.partition, a.id, a.number, said};
    under_way_->list.erase(under_way_->list.iterator_to(a));
    delete &a;
    if (stopped_)
        return;
    buffer_.answer(answer, core_.now(), chance_);
    finish_all();
    go_on();
}

} // namespace windtunnel::topology
