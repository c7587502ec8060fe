// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/connections.hpp"

#include <algorithm>
#include <utility>

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

namespace {

constexpr duration first_retry = std::chrono::seconds{1};
constexpr int most_tries = 7;
/// A segment without data, with its headers.
constexpr std::uint64_t handshake_size = 60;

connection_pool::ticket ticket_of(exchange& x) {
    return reinterpret_cast<connection_pool::ticket>(&x);
}

} // namespace

/// A connection that is being set up: a message to and fro for each round trip.
struct connections::dialling : timer, sim::message {
    dialling(connections& all, host& h, connection_number n)
        : timer([](timer& t) { static_cast<dialling&>(t).try_again(); }), sim::message(
                                                                              &dialling::moved),
          of(all), to(h), number(n), began(all.core_.now()) {}
    ~dialling() { cancel(); }

    static void moved(sim::message& m, sim::delivery how);
    void send(bool back);
    void try_again() { nameless ? of.dialled(*this, false) : send(returns); }

    connections& of;
    host& to;
    connection_number number;
    time_point began;
    int rounds = 0, tries = 1;
    bool returns = false, refused = false, nameless = false;
};

/// A connection that takes its time to close.
struct connections::closing : timer {
    closing(connections& all, host& h, connection_number c)
        : timer(&closing::over), of(all), at(h), number(c) {}
    ~closing() { of.core_.simulation.disarm(*this); }
    static void over(timer& t);

    connections& of;
    host& at;
    connection_number number;
};

struct connections::host : timer {
    host(connections& all, std::uint32_t n, const connection_pool_options& o)
        : timer([](timer& t) {
              auto& self = static_cast<host&>(t);
              self.pool.advance(self.of.core_.now());
              self.of.serve(self);
              if (const time_point next = self.pool.next_event(); next != never && !self.armed())
                  self.of.core_.simulation.arm(self, std::max(next, self.of.core_.now()));
          }),
          of(all), number(n), pool(o) {}

    connections& of;
    std::uint32_t number;
    connection_pool pool;
    std::vector<link> links; ///< by the place of the connection
    std::vector<std::unique_ptr<dialling>> under_way;
    std::vector<std::unique_ptr<closing>> closing_slowly;
    std::vector<connection_number> leaked;
    std::int64_t open = 0, waiting = 0, in_use = 0; ///< as they were told
};

connections::connections(system_core& core, const service_runtime& to, const protocol_spec& spec,
                         sim::node_id from, const disturbed_dependency& faults)
    : core_(core), to_(to), spec_(spec), from_(from), faults_(faults) {
    for (const auto& r : to.replicas) {
        hosts_.push_back(std::make_unique<host>(*this, r->number(), spec.pool));
        r->add_listener(*this);
    }
}

connections::~connections() {
    stop();
}

void connections::stop() {
    stopped_ = true;
    for (auto& h : hosts_) {
        core_.simulation.disarm(*h);
        for (auto& d : h->under_way)
            core_.simulation.disarm(*d);
        h->under_way.clear();
        h->closing_slowly.clear();
        h->leaked.clear();
        for (const connection_number c : h->pool.open_connections())
            h->pool.lost(c);
        while (h->pool.take_first()) {
        }
        note(*h);
    }
}

// ---- requests -----------------------------------------------------------------------------------

connections::host& connections::host_of(const exchange& x) {
    return *hosts_[x.at.number()];
}

connections::link* connections::find(const exchange& x) {
    auto& links = host_of(x).links;
    const std::size_t place = connection_pool::place_of(x.connection);
    return place < links.size() && links[place].number == x.connection ? &links[place] : nullptr;
}

void connections::begin(exchange& x) {
    host& h = host_of(x);
    const auto got = h.pool.acquire(ticket_of(x), core_.now());
    if (got.what == connection_pool::answer::granted) {
        x.connection = got.on;
        note(h);
        return x.through.connected(x);
    }
    x.where = exchange::stage::connecting;
    if (got.what == connection_pool::answer::refused) {
        x.no_connection = true;
        x.where = exchange::stage::unsent;
        return core_.simulation.arm(x, core_.now());
    }
    open_more(h);
    note(h);
}

void connections::forget(exchange& x) {
    host& h = host_of(x);
    h.pool.forget(ticket_of(x));
    note(h);
}

void connections::release(exchange& x, bool gave_up) {
    const connection_number c = std::exchange(x.connection, 0);
    if (c == 0 || stopped_)
        return;
    host& h = host_of(x);
    const bool broken = gave_up && spec_.pool.max_streams == 1;
    if (faults_.leaks.strikes())
        return h.leaked.push_back(c);
    if (broken && faults_.slow_close > duration::zero()) {
        h.closing_slowly.push_back(std::make_unique<closing>(*this, h, c));
        return core_.simulation.arm(*h.closing_slowly.back(),
                                    saturating_add(core_.now(), faults_.slow_close));
    }
    give_back(h, c, broken);
}

void connections::give_back(host& h, connection_number c, bool broken) {
    h.pool.release(c, broken, core_.now());
    serve(h);
}

void connections::closing::over(timer& t) {
    auto& self = static_cast<closing&>(t);
    connections& all = self.of;
    host& h = self.at;
    const connection_number c = self.number;
    std::erase_if(h.closing_slowly, [&](const auto& each) { return each.get() == &self; });
    all.give_back(h, c, true);
}

void connections::reclaim() {
    for (auto& h : hosts_) {
        for (const connection_number c : std::exchange(h->leaked, {}))
            h->pool.release(c, true, core_.now());
        if (!stopped_)
            serve(*h);
    }
}

duration connections::request_delay(const exchange& x) {
    link* l = find(x);
    return l == nullptr ? duration{} : l->round_trip * (l->out.send(x.size, core_.now()) - 1);
}

duration connections::reply_delay(const exchange& x, std::uint64_t bytes) {
    link* l = find(x);
    return l == nullptr ? duration{} : l->round_trip * (l->back.send(bytes, core_.now()) - 1);
}

/// Whoever waited and may go, goes; what is idle ends some day.
void connections::serve(host& h) {
    while (const auto granted = h.pool.next_grant(core_.now())) {
        auto& x = *reinterpret_cast<exchange*>(granted->who);
        x.connection = granted->on;
        x.through.connected(x);
    }
    open_more(h);
    arm_idle(h);
    note(h);
}

/// The timer strikes when the one that was idle first would be so for too long; where it was used
/// meanwhile that is early.
void connections::arm_idle(host& h) {
    if (h.armed() || spec_.pool.idle_timeout == duration::max() ||
        h.pool.open() * spec_.pool.max_streams <= h.pool.in_use())
        return;
    if (const time_point next = h.pool.next_event(); next != never)
        core_.simulation.arm(h, std::max(next, core_.now()));
}

void connections::note(host& h) {
    const auto tell = [&](level_over_time& level, std::int64_t& told, std::int64_t now) {
        if (now != told)
            level.add(now - std::exchange(told, now), core_.now());
    };
    tell(open_, h.open, h.pool.open());
    tell(waiting_, h.waiting, static_cast<std::int64_t>(h.pool.waiting()));
    tell(in_use_, h.in_use, h.pool.in_use());
}

connection_metrics connections::metrics() const {
    connection_metrics sum;
    for (const auto& h : hosts_) {
        const connection_metrics& m = h->pool.metrics();
        sum.opened += m.opened;
        sum.failed += m.failed;
        sum.closed += m.closed;
        sum.waited += m.waited;
        sum.refused += m.refused;
    }
    return sum;
}

// ---- setting up ---------------------------------------------------------------------------------

void connections::open_more(host& h) {
    while (const auto number = stopped_ ? std::nullopt : h.pool.to_open()) {
        h.under_way.push_back(std::make_unique<dialling>(*this, h, *number));
        h.under_way.back()->send(false);
    }
}

void connections::dialling::send(bool back) {
    returns = back;
    nameless = !back && rounds == 0 && of.faults_.unresolvable != 0;
    if (nameless) // nobody is told from within a call
        return of.core_.simulation.arm(*this, of.core_.now());
    const sim::node_id there = of.to_.replicas[to.number]->node();
    from = back ? there : of.from_;
    this->sim::message::to = back ? of.from_ : there;
    size = handshake_size;
    of.core_.network->send(*this);
}

void connections::dialling::moved(sim::message& m, sim::delivery how) {
    auto& self = static_cast<dialling&>(m);
    if (how == sim::delivery::duplicate)
        return;
    if (how == sim::delivery::lost) {
        if (self.tries++ == most_tries)
            return self.of.dialled(self, false);
        return self.of.core_.simulation.arm(
            self, self.of.core_.now() + first_retry * (std::int64_t{1} << (self.tries - 2)));
    }
    if (how == sim::delivery::refused)
        return self.of.dialled(self, false);
    if (!self.returns) {
        self.refused = !self.of.to_.replicas[self.to.number]->up();
        return self.send(true);
    }
    if (self.refused)
        return self.of.dialled(self, false);
    constexpr int certificate_round = 2; // after TCP's, in the server's first answer
    ++self.rounds;
    if (self.rounds == certificate_round && self.of.faults_.bad_certificate != 0)
        return self.of.dialled(self, false);
    if (self.rounds == self.of.spec_.handshake_rounds())
        return self.of.dialled(self, true);
    self.send(false);
}

/// Where it failed, those who would have gone over it hear so.
void connections::dialled(dialling& d, bool good) {
    host& h = d.to;
    const connection_number number = d.number;
    const duration round_trip =
        good ? (core_.now() - d.began) / spec_.handshake_rounds() : duration{};
    std::erase_if(h.under_way, [&](const auto& each) { return each.get() == &d; });
    if (good) {
        h.pool.opened(number, core_.now());
        const link made{number, round_trip, transfer_window(spec_.transfer),
                        transfer_window(spec_.transfer)};
        const std::size_t place = connection_pool::place_of(number);
        if (h.links.size() <= place)
            h.links.resize(place + 1, made);
        h.links[place] = made;
        return serve(h);
    }
    h.pool.failed(number);
    std::vector<exchange*> refused;
    for (int i = 0; i < spec_.pool.max_streams; ++i)
        if (const auto who = h.pool.take_first())
            refused.push_back(reinterpret_cast<exchange*>(*who));
    note(h);
    for (exchange* x : refused)
        x->through.not_connected(*x);
    serve(h);
}

/// What is set up ends at once; whoever waits asks again, and is refused.
void connections::replica_crashed(replica& r) {
    break_all(r.number());
}

void connections::break_all(std::uint32_t replica) {
    host& h = *hosts_[replica];
    for (const connection_number c : h.pool.open_connections())
        h.pool.lost(c);
    if (!stopped_)
        serve(h);
}

} // namespace windtunnel::topology
