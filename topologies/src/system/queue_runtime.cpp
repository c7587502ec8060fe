// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/queue_runtime.hpp"

#include <algorithm>
#include <boost/intrusive/list.hpp>
#include <utility>

#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

/// After so long without a word a broker asks whether its connections live. RabbitMQ: heartbeat
constexpr duration heartbeat = std::chrono::seconds{60};

} // namespace

/// A message in the hand of a consumer: the request that brought it, and a timer for what comes
/// when it has waited.
struct queue_runtime::delivery : boost::intrusive::list_base_hook<>, timer, pending_call {
    delivery(consumer& c, const queue_delivery& d, const request& r, const call_context& with)
        : timer([](timer& t) {
              auto& self = static_cast<delivery&>(t);
              self.to.of.waited(self);
          }),
          pending_call(r, with,
                       [](pending_call& call, outcome<reply>* result) {
                           auto& self = static_cast<delivery&>(call);
                           if (result != nullptr)
                               self.to.of.ended(self, *result);
                           else
                               self.answered = true; // everything is being taken down
                       }),
          to(c), tag(d.tag), luggage(d.what->tag) {}

    consumer& to;
    delivery_tag tag;
    std::uint64_t luggage;
    time_point sent{};
    bool answered = false; ///< and given back when it has waited
};

struct queue_runtime::deliveries {
    boost::intrusive::list<delivery, boost::intrusive::constant_time_size<false>> list;
};

queue_runtime::wake::wake(queue_runtime& q)
    : timer([](timer& t) {
          queue_runtime& self = static_cast<wake&>(t).of;
          self.queue_.advance(self.core_.now());
          self.changed();
      }),
      of(q) {}

queue_runtime::queue_runtime(system_core& core, endpoint_runtime& at,
                             const message_queue_spec& spec)
    : core_(core), at_(at), spec_(spec), queue_(spec.options, at.spec->name), wake_(*this),
      under_way_(std::make_unique<deliveries>()) {}

queue_runtime::~queue_runtime() {
    clear();
}

void queue_runtime::clear() {
    while (!under_way_->list.empty())
        free(under_way_->list.front());
    core_.simulation.disarm(wake_);
    for (auto& c : consumers_)
        core_.simulation.disarm(*c);
}

// ---- consumers ----------------------------------------------------------------------------------

queue_runtime::consumer::consumer(queue_runtime& q, endpoint_runtime& e, std::uint32_t number,
                                  edge_runtime& edge)
    : timer(&consumer::struck), of(q), to(e), host(number),
      way(q.core_, {.from = q.at_.service->replicas.front()->node(),
                    .edge = &edge,
                    .response_size = e.spec->response_size}) {}

queue_runtime::consumer::~consumer() {
    of.core_.simulation.disarm(*this);
}

void queue_runtime::consumer::struck(timer& t) {
    auto& self = static_cast<consumer&>(t);
    self.of.connect(self);
}

replica& queue_runtime::consumer::at() const {
    return *to.service->replicas[host];
}

const consume_spec& queue_runtime::consumer::how() const {
    return *to.spec->consumes;
}

bool queue_runtime::consumer::has_room() const {
    return connected && (how().prefetch == 0 || in_hand < how().prefetch);
}

void queue_runtime::add_consumer(endpoint_runtime& to, edge_runtime& edge) {
    for (std::uint32_t i = 0; i < to.service->replicas.size(); ++i) {
        consumers_.push_back(std::make_unique<consumer>(*this, to, i, edge));
        to.service->replicas[i]->add_listener(*this);
    }
}

void queue_runtime::start() {
    at_.service->replicas.front()->add_listener(*this);
    for (auto& c : consumers_)
        connect(*c);
}

void queue_runtime::connect(consumer& c) {
    if (down_ || c.connected || !c.at().up())
        return;
    c.connected = true;
    connected_.add(1, core_.now());
    if (!spec_.polled) {
        const auto place = std::find_if(consumers_.begin(), consumers_.end(),
                                        [&](const auto& other) { return other.get() == &c; });
        c.id = queue_.subscribe({.prefetch = c.how().prefetch,
                                 .tag = static_cast<std::uint64_t>(place - consumers_.begin())});
    }
    changed();
}

void queue_runtime::disconnect(consumer& c) {
    core_.simulation.disarm(c);
    if (!std::exchange(c.connected, false))
        return;
    connected_.add(-1, core_.now());
    if (!spec_.polled)
        queue_.unsubscribe(c.id, core_.now());
}

void queue_runtime::replica_crashed(replica& r) {
    for (auto& c : consumers_)
        if (&c->at() == &r)
            disconnect(*c);
    if (&r == at_.service->replicas.front().get())
        broker_crashed();
    else
        changed();
}

void queue_runtime::replica_restarted(replica& r) {
    const bool broker = &r == at_.service->replicas.front().get();
    if (broker) {
        down_ = false;
        keep_time();
    }
    for (auto& c : consumers_)
        if (broker || &c->at() == &r) {
            core_.simulation.disarm(*c);
            core_.simulation.arm(*c, saturating_add(core_.now(), c->how().reconnect));
        }
}

/// Answers to what it had sent find nobody any more.
void queue_runtime::broker_crashed() {
    down_ = true;
    for (auto& c : consumers_)
        disconnect(*c);
    queue_.crash(core_.now());
    while (!under_way_->list.empty()) {
        delivery& d = under_way_->list.front();
        if (d.answered)
            free(d);
        else
            d.to.way.cancel(d);
    }
    pass_on_the_dead();
    core_.simulation.disarm(wake_);
}

// ---- publishing ---------------------------------------------------------------------------------

std::uint64_t queue_runtime::stow(const luggage& l) {
    if (free_luggage_.empty()) {
        free_luggage_.push_back(static_cast<std::uint32_t>(luggage_.size()));
        luggage_.emplace_back();
    }
    const std::uint32_t place = free_luggage_.back();
    free_luggage_.pop_back();
    luggage_[place] = l;
    return place + std::uint64_t{1};
}

/// Its message is gone.
void queue_runtime::unload(std::uint64_t tag, bool lost) {
    const auto place = static_cast<std::uint32_t>(tag - 1);
    core_.journeys.release(luggage_[place].journey, lost, core_.now(), *core_.observer);
    free_luggage_.push_back(place);
}

queue_message queue_runtime::message_of(const exchange& x) {
    queue_message m;
    m.body.size = x.size;
    m.key = x.key;
    m.deduplication_id = x.idempotency_key;
    m.priority = static_cast<std::uint8_t>(std::clamp(x.priority, 0, 255));
    m.tag =
        stow({core_.journeys.hold(x.correlation), x.key, ++places_, x.priority, x.user_priority});
    return m;
}

bool queue_runtime::publish(execution& e) {
    if (disks_full_ > 0) {
        blocked_.push_back(&e);
        return true;
    }
    take(e);
    return false;
}

void queue_runtime::forget(execution& e) {
    std::erase(blocked_, &e);
}

/// Who publishes waits, who consumes does not.
void queue_runtime::disk_full(std::uint32_t replica, bool on) {
    if (replica != 0)
        return;
    disks_full_ += on ? 1 : -1;
    if (disks_full_ > 0)
        return;
    for (execution* e : std::exchange(blocked_, {})) {
        take(*e);
        e->of->at.publish_ended(*e, std::nullopt);
    }
}

void queue_runtime::take(execution& e) {
    queue_message m = message_of(*e.of);
    const std::uint64_t tag = m.tag;
    const auto result = queue_.publish(std::move(m), core_.now());
    const bool refused = result.status == publish_status::rejected;
    const bool buried =
        refused && spec_.options.overflow == queue_overflow::reject_publish_dead_letter;
    if (result.status != publish_status::accepted && !buried)
        unload(tag, false);
    if (refused) {
        e.ok = false;
        e.why = {.kind = failure_kind::overloaded, .status = 503, .not_processed = true};
    }
    changed();
}

// ---- deliveries ---------------------------------------------------------------------------------

/// Something has happened to the queue or to who consumes it.
void queue_runtime::changed() {
    go_on();
    pass_on_the_dead();
    keep_time();
}

void queue_runtime::go_on() {
    if (down_)
        return;
    consumer* to = nullptr;
    while (const auto d = next(to))
        deliver(*d, *to);
}

std::optional<queue_delivery> queue_runtime::next(consumer*& to) {
    if (!spec_.polled) {
        auto d = queue_.next_delivery(core_.now());
        if (d)
            to = consumers_[d->consumer_tag].get();
        return d;
    }
    for (std::size_t i = 0; i < consumers_.size() && queue_.ready() > 0; ++i) {
        consumer& c = *consumers_[(turn_ + i) % consumers_.size()];
        if (!c.has_room())
            continue;
        to = &c;
        turn_ = (turn_ + i + 1) % consumers_.size();
        return queue_.receive(core_.now());
    }
    return std::nullopt;
}

void queue_runtime::deliver(const queue_delivery& d, consumer& to) {
    const luggage& l = luggage_[d.what->tag - 1];
    const request what{.operation = to.to.spec->name, .body = {d.what->body.size, nullptr}};
    const call_context context{.environment = &core_.environment,
                               .priority = l.priority,
                               .user_priority = l.user_priority,
                               .key = l.key,
                               .correlation = l.journey};
    void* block = core_.environment.allocate(sizeof(delivery));
    auto& made = *new (block) delivery(to, d, what, context);
    made.sent = core_.now();
    under_way_->list.push_back(made);
    ++to.in_hand;
    const time_point silent = saturating_add(core_.now(), heartbeat);
    core_.simulation.arm(made, spec_.polled ? d.deadline : std::min(d.deadline, silent),
                         timer_class::deadline);
    to.way.start_at(made, to.host);
    if (to.how().ack == acknowledge::on_delivery)
        queue_.ack(d.tag, core_.now());
}

void queue_runtime::free(delivery& d) {
    under_way_->list.erase(under_way_->list.iterator_to(d));
    core_.simulation.disarm(d);
    --d.to.in_hand;
    d.~delivery();
    core_.environment.deallocate(&d, sizeof(delivery));
}

/// The consumer has answered, or is gone.
void queue_runtime::ended(delivery& d, const outcome<reply>& result) {
    core_.observer->call_over({.edge = d.to.way.how().edge->index,
                               .sent = d.sent,
                               .over = core_.now(),
                               .attempts = 1,
                               .ok = result.ok(),
                               .degraded = result.ok() && result.value().degraded,
                               .why = result.ok() ? failure_kind{} : result.failed().kind});
    core_.simulation.disarm(d);
    if (down_) { // and all is as if it had not been delivered
        if (d.to.how().ack == acknowledge::on_delivery)
            unload(d.luggage, false);
        return free(d);
    }
    settle(d, result);
    changed();
}

void queue_runtime::settle(delivery& d, const outcome<reply>& result) {
    const consume_spec& how = d.to.how();
    if (how.ack == acknowledge::on_delivery) {
        unload(d.luggage, !result.ok());
        return free(d);
    }
    if (result.ok()) {
        const luggage l = luggage_[d.luggage - 1];
        if (queue_.ack(d.tag, core_.now())) {
            order_.ended(l.key, l.place);
            unload(d.luggage, false);
        }
        return free(d);
    }
    const failure_kind why = result.failed().kind;
    const bool gone = why == failure_kind::connection_lost || why == failure_kind::unavailable ||
                      why == failure_kind::cancelled;
    const after_failure usual = spec_.polled ? after_failure::leave : after_failure::requeue;
    switch (gone ? usual : how.on_error.value_or(usual)) {
    case after_failure::requeue:
        d.answered = true;
        core_.simulation.arm(d, saturating_add(core_.now(), how.requeue_after));
        return;
    case after_failure::reject:
        return nack(d, nack_action::dead_letter);
    case after_failure::leave:
        return free(d);
    }
}

void queue_runtime::nack(delivery& d, nack_action action) {
    queue_.nack(d.tag, action, core_.now());
    free(d);
}

/// It is to be given back; or nothing was heard of it for long, and if nothing of it is under way
/// any more, its consumer will never say anything.
void queue_runtime::waited(delivery& d) {
    const auto* x = static_cast<const exchange*>(d.state);
    if (d.answered) {
        nack(d, nack_action::requeue);
    } else if (x->where == exchange::stage::nowhere) {
        d.answered = true;
        d.to.way.cancel(d);
        return;
    } else if (!spec_.polled) {
        core_.simulation.arm(d, saturating_add(core_.now(), heartbeat), timer_class::deadline);
        return;
    }
    changed();
}

// ---- the dead -----------------------------------------------------------------------------------

queue_runtime* queue_runtime::dead_letter_queue() const {
    for (const endpoint_runtime* other : at_.service->endpoints)
        if (other->spec->name == spec_.dead_letter)
            return static_cast<queue_runtime*>(other->destination.get());
    return nullptr;
}

void queue_runtime::pass_on_the_dead() {
    for (dead_letter& dead : queue_.take_dead_letters()) {
        queue_runtime* to = dead_letter_queue();
        const luggage l = luggage_[dead.what.tag - 1];
        const bool lost = to == nullptr || is_dead_letter_cycle(dead.what, spec_.dead_letter);
        if (!lost) {
            free_luggage_.push_back(static_cast<std::uint32_t>(dead.what.tag - 1));
            dead.what.tag = to->stow(l);
            to->bury(std::move(dead));
        } else {
            unload(dead.what.tag, true);
        }
    }
    for (const dead_letter& dropped : queue_.take_dropped())
        unload(dropped.what.tag, true);
}

/// Where nobody consumes the dead, what they were for is lost.
void queue_runtime::bury(dead_letter&& dead) {
    const std::uint64_t tag = dead.what.tag;
    if (consumers_.empty()) {
        luggage& l = luggage_[tag - 1];
        core_.journeys.release(std::exchange(l.journey, 0), true, core_.now(), *core_.observer);
    }
    if (queue_.publish(std::move(dead.what), core_.now()).status != publish_status::accepted)
        unload(tag, true);
    changed();
}

// ---- time and figures ---------------------------------------------------------------------------

void queue_runtime::keep_time() {
    const time_point now = core_.now();
    ready_.set(static_cast<std::int64_t>(queue_.ready()), now);
    unacked_.set(static_cast<std::int64_t>(queue_.unacked()), now);
    const time_point next = queue_.next_event();
    if (down_ || next == never)
        return core_.simulation.disarm(wake_);
    if (wake_.armed() && wake_.due() == std::max(next, now))
        return;
    core_.simulation.disarm(wake_);
    core_.simulation.arm(wake_, std::max(next, now), timer_class::deadline);
}

const policy_kind& queue_runtime::kind() const {
    return *find_destination_kind("queue");
}

void queue_runtime::read(time_point now, policy_figures& out) const {
    const work_queue_metrics& m = queue_.metrics();
    out.machine();
    out.counter("published", m.published);
    out.counter(to_string(failure_kind::overloaded), m.rejected);
    out.counter("duplicates", m.duplicates);
    out.counter("delivered", m.delivered);
    out.counter("redelivered", m.redelivered);
    out.counter("acked", m.acked);
    out.counter("stale_acks", m.stale_acks);
    out.counter("not_acked_in_time", m.timed_out);
    out.counter("requeued", m.requeued);
    out.counter("expired", m.expired());
    out.counter("dead_lettered", m.all_dead_lettered());
    out.counter("dropped", m.all_dropped());
    out.counter("out_of_order", order_.out_of_order());
    out.level("ready", ready_.integral(now));
    out.level("unacked", unacked_.integral(now));
    out.level("consumers", connected_.integral(now));
}

} // namespace windtunnel::topology
