// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/replica.hpp"

#include <algorithm>
#include <array>

#include "topologies/src/system/host_limits.hpp"
#include "topologies/src/system/registry_node.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

using end = request_record::end;

const sim::job_events replica::events{.starting = &replica::job_starting,
                                      .granted = &replica::job_granted,
                                      .worked = &replica::job_worked,
                                      .ended = &replica::job_ended};

namespace {

std::string name_of(const service_runtime& service, std::uint32_t number) {
    return service.spec->name + "#" + std::to_string(number);
}

std::unique_ptr<admission> admission_of(system_core& core, const service_runtime& service,
                                        std::uint32_t number) {
    const auto& spec = service.spec->admission;
    return spec ? std::make_unique<admission>(core, *spec, name_of(service, number)) : nullptr;
}

std::unique_ptr<sim::worker_pool> pool_of(system_core& core, const service_runtime& of,
                                          admission* admission) {
    return std::make_unique<sim::worker_pool>(
        core.simulation,
        sim::worker_pool_options{.workers = static_cast<std::size_t>(of.spec->workers),
                                 .discipline = of.spec->queue.discipline,
                                 .capacity = of.spec->queue.capacity,
                                 .order = admission != nullptr && admission->orders() ? admission
                                                                                      : nullptr});
}

} // namespace

replica::replica(system_core& core, service_runtime& of, std::uint32_t number, sim::node_id node,
                 replica* process)
    : core_(core), service_(of), admission_(admission_of(core, of, number)), host_(process),
      own_pool_(process != nullptr ? nullptr : pool_of(core, of, admission_.get())),
      pool_(process != nullptr ? process->pool_ : *own_pool_),
      limits_(process != nullptr ? nullptr : limits_of(core, *of.spec, number, pool_)),
      process_(name_of(of, number)), node_(node), number_(number), versions_{0} {
    if (const auto& runs = of.spec->runs; !runs.empty())
        versions_ = {of.version_number(runs[number % runs.size()])};
    if (host_ != nullptr)
        host_->modules_.push_back(this);
    else
        of.workers_up.add(core.now(), of.spec->workers);
}

replica::~replica() = default;

bool are_together(const replica& of, const service_runtime& service) {
    return &of.process_of() ==
           &service.replicas[of.number() % service.replicas.size()]->process_of();
}

/// While it waits for calls of its own a request is in other hands.
void replica::call_opens(exchange& x) {
    if (++x.calls_open == 1 && x.at_callee)
        in_hand_.add(core_.now(), -1);
}

void replica::call_closes(exchange& x) {
    if (--x.calls_open == 0 && x.at_callee)
        in_hand_.add(core_.now(), 1);
}

void replica::count(std::int64_t change) {
    service_.in_flight.add(core_.now(), change);
    in_flight_ += static_cast<std::uint64_t>(change);
}

std::uint32_t service_runtime::version_number(const std::string& name) const {
    const auto all = spec->versions();
    const auto found = std::find(all.begin(), all.end(), name);
    WINDTUNNEL_ASSERT(found != all.end()); // the loaders checked it
    return static_cast<std::uint32_t>(found - all.begin());
}

// ---- arrival ------------------------------------------------------------------------------------

void replica::arrived(exchange& x) {
    endpoint_runtime& endpoint = *x.through.how().edge->to;
    x.arrived = core_.now();
    x.at_callee = true;
    core_.observer->request_arrived(endpoint.index, x.arrived);
    core_.observer->try_arrived({x.through.how().edge->index, number_}, x.arrived - x.left);
    count(1);
    in_hand_.add(x.arrived, 1);
    if (x.span != 0)
        core_.spans->server_begins(x, number_, x.arrived);
    if (x.caller_left) // the notice overtook it
        return finish(x, failure_kind::cancelled, end::abandoned);
    if (!refuses(x))
        enter(x);
}

bool replica::refuses(exchange& x) {
    if (!up()) {
        finish(x, failure{.kind = failure_kind::unavailable, .not_processed = true}, end::rejected);
        return true;
    }
    const edge_runtime& edge = *x.through.how().edge;
    const std::array<const injection_list<error_injection>*, 3> lists{&edge.errors,
                                                                      &edge.to->errors, &errors};
    for (const auto* list : lists)
        for (error_injection* i : *list)
            if (const auto why = i->refusal(x.correlation ^ x.key, core_.now())) {
                finish(x, failure{*why}, why->not_processed ? end::rejected : end::answered);
                return true;
            }
    if (service_.spec->max_in_flight && in_flight_ > *service_.spec->max_in_flight) {
        finish(x, failure{.kind = failure_kind::overloaded, .status = 503, .not_processed = true},
               end::rejected);
        return true;
    }
    if (admission_ == nullptr)
        return false;
    const std::optional<failure> why = admission_->refusal(x);
    if (why)
        finish(x, failure{*why}, end::rejected);
    const bool waits = !why && admission::holds_back(x);
    if (waits && x.server != 0)
        core_.spans->leaf_begins(x.main, span_role::queue, core_.now());
    return why || waits;
}

void replica::left_door(exchange& x, const std::optional<failure>& refusal) {
    if (x.main.span != 0 && !refusal)
        core_.spans->leaf_ends(x.main, core_.now());
    if (refusal)
        finish(x, failure{*refusal}, end::abandoned);
    else
        enter(x);
}

/// Past a cold start, if there is one to wait for.
void replica::enter(exchange& x) {
    if (const auto& cold = service_.spec->cold_start) {
        const time_point now = core_.now();
        const bool first = !ever_started_;
        if (first || (in_flight_ == 1 && now >= ready_at_ && now - idle_since_ >= cold->after_idle))
            ready_at_ = now + cold->takes.sample(service_.starts);
        ever_started_ = true;
        if (now < ready_at_) {
            if (x.server != 0)
                core_.spans->leaf_begins(x.main, span_role::cold_start, now);
            return core_.simulation.arm(x, ready_at_);
        }
    }
    started(x);
}

void replica::started(exchange& x) {
    if (x.main.span != 0)
        core_.spans->leaf_ends(x.main, core_.now());
    if (!begin(x))
        finish(x, failure{.kind = failure_kind::overloaded, .status = 503, .not_processed = true},
               end::rejected);
}

/// Queues for a worker, or goes straight to the steps; false: the queue is full.
bool replica::begin(exchange& x) {
    program& code = x.through.how().edge->to->program;
    x.main.code = code.all;
    x.main.priority = x.priority;
    if (service_.spec->waiting == waiting::holds) {
        x.main.patience = end_of_patience();
        if (x.server != 0)
            core_.spans->leaf_begins(x.main, span_role::queue, core_.now());
        return pool_.acquire(x.main);
    }
    const bool works =
        code.all.begin != code.all.end && code.code[code.all.begin].what == instruction::code::work;
    const duration codec = x.through.how().callee_work;
    if (!works && codec == duration::zero()) {
        if (admission_ != nullptr)
            admission_->entered_at_once(x);
        start_steps(x);
        return true;
    }
    duration demand = codec;
    if (works)
        demand += code.amounts[code.code[x.main.code.begin++].index].draw();
    demand += to_write_next(x.main, code);
    x.main.patience = end_of_patience();
    if (x.server != 0)
        core_.spans->leaf_begins(x.main, span_role::queue, core_.now());
    return pool_.submit(x.main, demand);
}

/// Of what enters the queue now.
time_point replica::end_of_patience() {
    const auto& patience = service_.spec->queue.patience;
    return patience ? saturating_add(core_.now(), patience->sample(service_.patience)) : never;
}

void replica::start_steps(exchange& x) {
    if (x.main.code.begin == x.main.code.end)
        return finish_main(x);
    x.main.walking = true;
    walk(x.main); // x may be gone afterwards
}

// ---- what the workers say -----------------------------------------------------------------------

/// Drops at dequeue what nobody waits for any more, and what the admission gives up.
bool replica::job_starting(sim::job& j) {
    auto& e = static_cast<execution&>(j);
    exchange& x = *e.of;
    replica& self = x.at;
    if (!e.walking) { // else in the middle of its steps
        if (x.caller_left || self.core_.now() >= x.deadline)
            return false;
        if (self.admission_ != nullptr &&
            !self.admission_->starting(x, j.waited(), self.pool_.in_queue() == 0))
            return false;
    }
    if (e.span != 0)
        self.core_.spans->leaf_becomes(e, span_role::work, self.core_.now());
    return true;
}

void replica::job_granted(sim::job& j) {
    exchange& x = *static_cast<execution&>(j).of;
    x.holds_worker = true;
    if (x.main.span != 0)
        x.at.core_.spans->leaf_ends(x.main, x.at.core_.now());
    if (const duration codec = x.through.how().callee_work; codec > duration::zero()) {
        x.main.walking = true;
        x.at.start_work(x.main, codec);
        return;
    }
    x.at.start_steps(x);
}

void replica::job_worked(sim::job& j) {
    job_ended(j, sim::job_end::done);
}

void replica::job_ended(sim::job& j, sim::job_end how) {
    auto& e = static_cast<execution&>(j);
    if (how != sim::job_end::done && &e == &e.of->main)
        e.of->holds_worker = false;
    if (e.doing == execution::activity::work)
        return e.of->at.work_ended(e, how);
    exchange& x = *e.of;
    replica& self = x.at;
    if (how == sim::job_end::done) {
        if (e.span != 0)
            self.core_.spans->leaf_ends(e, self.core_.now());
        return self.start_steps(x);
    }
    if (e.walking) // held a worker while its steps ran, and went down with it
        return self.cancel(e);
    const bool too_late = self.core_.now() >= x.deadline;
    const bool given_up = how != sim::job_end::lost && how != sim::job_end::abandoned &&
                          !x.caller_left && !too_late; // by the admission
    if (given_up)
        x.admitted.drop(); // what was dropped here says nothing to the limit outside of it
    const failure_kind why = how == sim::job_end::lost        ? failure_kind::connection_lost
                             : how == sim::job_end::abandoned ? failure_kind::overloaded
                             : x.caller_left                  ? failure_kind::cancelled
                             : too_late                       ? failure_kind::deadline_exceeded
                                                              : failure_kind::overloaded;
    self.finish(x, failure{.kind = why, .not_processed = how != sim::job_end::lost},
                how == sim::job_end::lost ? end::lost : end::abandoned);
}

// ---- the end ------------------------------------------------------------------------------------

void replica::finish_main(exchange& x) {
    if (x.crashed)
        return finish(x, failure_kind::connection_lost, end::lost);
    if (!x.main.ok) {
        const bool gone = x.caller_left && x.main.why.kind == failure_kind::cancelled;
        return finish(x, failure{x.main.why}, gone ? end::abandoned : end::answered);
    }
    const reply good{.body = {.size = x.through.how().response_size,
                              .bytes = x.news ? to_bytes(x.version) : nullptr},
                     .degraded = x.degraded};
    finish(x, good, end::answered);
}

void replica::finish(exchange& x, outcome<reply>&& result, end how) {
    if (std::exchange(x.holds_worker, false))
        pool_.release(x.main);
    if (admission_ != nullptr) {
        admission_->ended(x, result, core_.now());
        x.told_levels = admission_->told_levels();
    }
    x.at_callee = false;
    if (x.server != 0)
        core_.spans->server_ends(x, result, core_.now());
    count(-1);
    in_hand_.add(core_.now(), x.calls_open == 0 ? -1 : 0);
    if (in_flight_ == 0)
        idle_since_ = core_.now();
    const endpoint_runtime& endpoint = *x.through.how().edge->to;
    core_.observer->request_over({.endpoint = endpoint.index,
                                  .service = service_.index,
                                  .place = {x.through.how().edge->index, number_},
                                  .arrived = x.arrived,
                                  .over = core_.now(),
                                  .ok = result.ok(),
                                  .degraded = x.degraded,
                                  .why = result.ok() ? failure_kind{} : result.failed().kind,
                                  .how = how,
                                  .passed_on = x.passed_on,
                                  .in_vain = x.caller == nullptr});
    x.through.answer(x, std::move(result));
}

void replica::caller_left(exchange& x) {
    x.caller_left = true;
    if (x.through.how().give_up != on_give_up::cancelled)
        return; // looked at when a worker takes it up
    if (x.main.walking)
        return cancel(x.main);
    x.holds_worker = false;
    pool_.cancel(x.main);
    core_.simulation.disarm(x);
    finish(x, failure_kind::cancelled, end::abandoned);
}

// ---- faults -------------------------------------------------------------------------------------

/// A process goes down as a whole.
void replica::crash() {
    if (host_ != nullptr)
        return host_->crash();
    if (crashes_ == 0)
        service_.workers_up.add(core_.now(), -service_.spec->workers);
    begin_crash();
    for (replica* m : modules_)
        m->begin_crash();
    pool_.crash();
    end_crash();
    for (replica* m : modules_)
        m->end_crash();
}

void replica::begin_crash() {
    if (++crashes_ == 1)
        is_up_.set(core_.now(), 0);
    for (exchange& x : core_.in_flight)
        if (is_here(x)) {
            x.crashed = true;
            core_.simulation.disarm(x); // a cold start
        }
}

void replica::end_crash() {
    // Who waits for others heard nothing from the pool.
    std::vector<exchange*> elsewhere;
    for (exchange& x : core_.in_flight)
        if (is_here(x))
            elsewhere.push_back(&x);
    for (exchange* x : elsewhere) {
        if (x->main.walking)
            cancel(x->main);
        else
            finish(*x, failure_kind::connection_lost, end::lost);
    }
    process_.stop();
    if (crashes_ == 1)
        for (replica_listener* l : listeners_)
            l->replica_crashed(*this);
}

void replica::add_listener(replica_listener& l) {
    if (std::find(listeners_.begin(), listeners_.end(), &l) == listeners_.end())
        listeners_.push_back(&l);
}

void replica::restart() {
    if (host_ != nullptr)
        return host_->restart();
    WINDTUNNEL_ASSERT(crashes_ > 0);
    if (crashes_ == 1)
        service_.workers_up.add(core_.now(), service_.spec->workers);
    come_back();
    for (replica* m : modules_)
        m->come_back();
}

void replica::come_back() {
    if (--crashes_ > 0)
        return;
    is_up_.set(core_.now(), 1);
    ever_started_ = false;
    process_.restart(core_);
    if (admission_ != nullptr)
        admission_->restart();
    for (endpoint_runtime* endpoint : service_.endpoints)
        if (endpoint->gate != nullptr)
            endpoint->gate->restarted(number_, core_.now());
    if (lease_ != nullptr)
        lease_->replica_started();
    for (replica_listener* l : listeners_)
        l->replica_restarted(*this);
}

void replica::deploy(std::uint32_t version) {
    versions_.push_back(version);
}

/// The last one: of equal ones it does not matter which.
void replica::roll_back(std::uint32_t version) {
    const auto place = std::find(versions_.rbegin(), versions_.rend(), version);
    versions_.erase(std::next(place).base());
}

void replica::slow_down(double factor) {
    if (host_ != nullptr)
        return host_->slow_down(factor);
    slowness_.push_back(factor);
    set_speed();
}

void replica::speed_up(double factor) {
    if (host_ != nullptr)
        return host_->speed_up(factor);
    const auto place = std::find(slowness_.begin(), slowness_.end(), factor);
    WINDTUNNEL_ASSERT(place != slowness_.end());
    slowness_.erase(place);
    set_speed();
}

void replica::run_at(double speed) {
    if (host_ != nullptr)
        return; // it runs where its process does
    host_speed_ = speed;
    set_speed();
}

/// Multiplied anew each time: when the last factor has gone the speed is what it was. However many
/// there are, it stays above zero: work of 1 ns then takes longer than any run.
void replica::set_speed() {
    constexpr double slowest = 1e-18;
    double speed = host_speed_;
    for (const double factor : slowness_)
        speed = std::max(speed / factor, slowest);
    pool_.set_speed(speed);
}

} // namespace windtunnel::topology
