// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/server_door.hpp"

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

/// It waits (in the queue, with a timer for the end of its patience), or holds its permit.
class door_place : private timer, private admission_queue::waiter {
  public:
    door_place(server_door& door, exchange& x)
        : timer(&struck), waiter(&decided), door_(door), request_(x) {}
    ~door_place() { door_.core_.simulation.disarm(*this); }

    server_door& door() const { return door_; }
    admission_queue::permit& permit() { return permit_; }
    bool waits() const { return waits_; }
    duration waited() const { return waited_; }

    void begin_to_wait(time_point now, time_point deadline) {
        waits_ = true;
        since_ = now;
        door_.machine_.queue().enqueue(*this, now, deadline);
        door_.core_.simulation.arm(*this, until(), timer_class::deadline);
    }

    void end(const outcome<reply>& result, time_point now) {
        if (waits_)
            door_.machine_.queue().cancel(*this, now); // also what has been let in and not heard it
        else if (permit_)
            permit_.record(lesson_of(result), now);
    }

  private:
    /// From within a serve(): what follows has a turn of its own.
    static void decided(waiter& w) {
        auto& self = static_cast<door_place&>(w);
        sim::simulation& simulation = self.door_.core_.simulation;
        simulation.disarm(self);
        simulation.arm(self, simulation.now());
    }

    static void struck(timer& t) {
        auto& self = static_cast<door_place&>(t);
        if (self.queued())
            self.door_.machine_.queue().expire(self, self.door_.core_.now());
        self.waits_ = false;
        self.waited_ = self.door_.core_.now() - self.since_;
        exchange& x = self.request_;
        if (self.verdict() != admission_verdict::admitted)
            return x.at.left_door(x, self.door_.machine_.refusal(self.verdict()));
        self.permit_ = self.take();
        x.at.left_door(x, {});
    }

    server_door& door_;
    exchange& request_;
    admission_queue::permit permit_;
    bool waits_ = false;
    time_point since_{};
    duration waited_{};
};

void door_place_end::operator()(door_place* place) const {
    delete place;
}

server_door::server_door(system_core& core, const server_admission_options& options,
                         random_stream probes)
    : core_(core), machine_(options, probes, core.now()) {
    machine_.queue_on(core.environment).observe(this);
}

std::optional<failure> server_door::arrive(exchange& x) {
    const time_point now = core_.now();
    door_ticket place(new door_place(*this, x));
    const auto verdict = machine_.queue().arrive(now, x.deadline, place->permit());
    if (verdict == admission_verdict::waits)
        place->begin_to_wait(now, x.deadline);
    else if (verdict != admission_verdict::admitted)
        return machine_.refusal(verdict);
    x.door = std::move(place);
    return {};
}

bool server_door::holds_back(const exchange& x) {
    return x.door != nullptr && x.door->waits();
}

duration server_door::waited(const exchange& x) {
    return x.door != nullptr ? x.door->waited() : duration::zero();
}

void server_door::ended(exchange& x, const outcome<reply>& result, time_point now) {
    if (x.door == nullptr)
        return;
    server_door& own = x.door->door();
    x.door->end(result, now);
    x.door.reset();
    own.in_use_.set(own.machine_.queue().in_flight(), now);
}

void server_door::on_event(const admission_event& event) {
    in_use_.set(event.in_flight, event.at);
    waiting_.set(event.queued, event.at);
    standing_.set(machine_.queue().metrics().overloaded ? 1 : 0, event.at);
}

} // namespace windtunnel::topology
