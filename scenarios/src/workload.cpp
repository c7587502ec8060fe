// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/workload.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel::scenario {

/// A closed user: thinks, asks, waits, thinks again.
struct workload::user : timer {
    user(workload& w, std::size_t n, random_stream r)
        : timer(&user::thought), of(w), number(n), random(r) {}
    ~user() { of.world_.disarm(*this); }

    void think() {
        if (number >= of.most_users_)
            return void(rests = true);
        const auto& spec = std::get<closed_users>(of.spec_.arrivals);
        const time_point next = of.world_.now() + spec.think.sample(random);
        if (next < of.last_ && of.may_send())
            of.world_.arm(*this, next);
    }
    static void thought(timer& t) {
        auto& self = static_cast<user&>(t);
        if (self.number >= self.of.most_users_)
            self.rests = true;
        else if (self.of.may_send())
            self.of.send(self.due(), &self);
    }

    workload& of;
    std::size_t number;
    random_stream random;
    bool rests = false; ///< there are fewer users now
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
    set_users();
}

/// As many as there are meant to be now: who is new, or has rested, begins by thinking.
void workload::set_users() {
    const auto* closed = std::get_if<closed_users>(&spec_.arrivals);
    if (closed == nullptr)
        return;
    double wanted = closed->count;
    for (const surge* s : surges_)
        wanted *= s->factor();
    most_users_ = static_cast<std::size_t>(std::lround(wanted));
    const auto& env = world_.environment();
    const bool begun = !users_.empty();
    while (users_.size() < most_users_) {
        const std::size_t n = users_.size();
        users_.push_back(std::make_unique<user>(
            *this, n, env.stream(spec_.name + "/user " + std::to_string(n))));
        users_.back()->rests = begun;
    }
    for (std::size_t i = 0; i < most_users_; ++i)
        if (std::exchange(users_[i]->rests, false))
            users_[i]->think();
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
        if (!self.left_out())
            self.send(intended, nullptr);
    self.schedule_next();
}

/// All are asked, so that the draws of one do not depend on those of another.
bool workload::left_out() {
    bool out = false;
    for (surge* s : surges_)
        out |= s->factor() < 1 && !s->random_.chance(s->factor());
    return out;
}

std::unique_ptr<workload::surge> workload::surge_of(double factor, const std::string& name) {
    const auto& env = world_.environment();
    auto more = factor > 1 && arrivals_ ? make_arrivals(scaled(spec_.arrivals, factor - 1),
                                                        env.stream(name + "/arrivals"))
                                        : nullptr;
    return std::make_unique<surge>(*this, factor, env.stream(name), std::move(more));
}

void workload::heat(topology::hot_key& with, bool on) {
    for (std::size_t i = 0; i < client_.own().sites(); ++i) {
        auto& hot = client_.own().site(i).hot;
        on ? hot.add(with) : hot.remove(with);
    }
}

// ---- surges -------------------------------------------------------------------------------------

workload::surge::surge(workload& of, double factor, random_stream random,
                       std::unique_ptr<arrival_process> more)
    : timer(&surge::struck), of_(of), full_(factor), random_(random), more_(std::move(more)) {
    of_.surges_.push_back(this);
    of_.set_users();
    if (more_)
        schedule_next();
}

workload::surge::~surge() {
    of_.world_.disarm(*this);
    std::erase(of_.surges_, this);
    of_.set_users();
}

void workload::surge::grow(double strength) {
    strength_ = strength;
    of_.set_users();
}

/// Those that would have come before now are passed over.
void workload::surge::schedule_next() {
    const time_point now = of_.world_.now();
    while (const auto next = more_->next()) {
        next_ = *next;
        const time_point at = saturating_add(time_point{of_.spec_.start}, next_.at);
        if (at >= of_.last_)
            return;
        if (at >= now)
            return of_.world_.arm(*this, at);
    }
}

void workload::surge::struck(timer& t) {
    auto& self = static_cast<surge&>(t);
    const time_point intended = self.due();
    for (int i = 0; i < self.next_.count && self.of_.may_send(); ++i)
        if (self.random_.chance(self.strength_))
            self.of_.send(intended, nullptr);
    if (self.of_.may_send())
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
