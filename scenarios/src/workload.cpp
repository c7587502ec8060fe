// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/workload.hpp"

#include <algorithm>

#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::scenario {

/// A closed user: thinks, asks, waits, thinks again.
struct workload::user : timer {
    user(workload& w, random_stream r) : timer(&user::thought), of(w), random(r) {}
    ~user() { of.world_.disarm(*this); }

    void think() {
        const auto& spec = std::get<closed_users>(of.spec_.arrivals);
        const time_point next = of.world_.now() + spec.think.sample(random);
        if (next < of.last_ && of.may_send())
            of.world_.arm(*this, next);
    }
    static void thought(timer& t) {
        auto& self = static_cast<user&>(t);
        if (self.of.may_send())
            self.of.send(self.due(), &self);
    }

    workload& of;
    random_stream random;
};

workload::workload(const workload_spec& spec, std::size_t index, topology::system& system,
                   recorder& books, duration end)
    : timer(&workload::arrived), spec_(spec), index_(index), world_(system.simulation()),
      books_(books), client_(system.add_client(spec.name, calls_of(spec), spec.zone)) {
    const auto& env = world_.environment();
    arrivals_ = make_arrivals(spec.arrivals, env.stream(spec.name + "/arrivals"));
    targets_ = env.stream(spec.name + "/targets");
    last_ = time_point{std::min(end, spec.stop.value_or(end))};
    for (const workload_target& t : spec.targets)
        total_weight_ += t.weight;
    if (const auto* closed = std::get_if<closed_users>(&spec.arrivals))
        for (int i = 0; i < closed->count; ++i)
            users_.push_back(std::make_unique<user>(
                *this, env.stream(spec.name + "/user " + std::to_string(i))));
}

workload::~workload() {
    world_.disarm(*this);
    while (!under_way_.empty()) // the run ended before they did
        free(under_way_.front());
}

void workload::free(sent_request& request) {
    under_way_.erase(under_way_.iterator_to(request));
    request.~sent_request();
    world_.environment().deallocate(&request, sizeof(sent_request));
}

std::vector<topology::call_step> workload::calls_of(const workload_spec& spec) {
    std::vector<topology::call_step> calls;
    for (const workload_target& t : spec.targets) {
        calls.push_back(spec.call);
        calls.back().to = t.to;
    }
    return calls;
}

void workload::start() {
    if (arrivals_)
        return schedule_next();
    for (auto& u : users_) {
        const time_point first = time_point{spec_.start} +
                                 std::get<closed_users>(spec_.arrivals).think.sample(u->random);
        if (first < last_)
            world_.arm(*u, first);
    }
}

void workload::schedule_next() {
    const auto next = arrivals_->next();
    if (!next || !may_send())
        return;
    next_ = *next;
    const time_point at = saturating_add(time_point{spec_.start}, next_.at);
    if (at < last_)
        world_.arm(*this, at);
}

void workload::arrived(timer& t) {
    auto& self = static_cast<workload&>(t);
    const time_point intended = self.due();
    for (int i = 0; i < self.next_.count && self.may_send(); ++i)
        self.send(intended, nullptr);
    self.schedule_next();
}

std::size_t workload::drawn_target() {
    if (spec_.targets.size() == 1)
        return 0;
    double draw = targets_.uniform() * total_weight_;
    for (std::size_t i = 0; i + 1 < spec_.targets.size(); ++i) {
        if (draw < spec_.targets[i].weight)
            return i;
        draw -= spec_.targets[i].weight;
    }
    return spec_.targets.size() - 1;
}

void workload::send(time_point intended, user* by) {
    auto* request = new (world_.environment().allocate(sizeof(sent_request))) sent_request(*this);
    under_way_.push_back(*request);
    request->call = drawn_target();
    request->intended = intended;
    request->by = by;
    ++sent_;
    books_.workload_sent(index_, intended, 1);
    client_.start(*request);
}

void workload::over(topology::client_request& ended) {
    auto& request = static_cast<sent_request&>(ended);
    workload& self = request.of;
    self.books_.workload_over(self.index_, request.intended, self.world_.now(), request.result,
                              request.attempts);
    user* by = request.by;
    self.free(request);
    if (by != nullptr)
        by->think();
}

} // namespace windtunnel::scenario
