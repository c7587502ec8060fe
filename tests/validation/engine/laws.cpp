// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/laws.hpp"

#include <algorithm>

#include "sim-core/engine/simulation.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::validation {

namespace {

using scenario::run_result;
using scenario::tally;
using sim::wide_integer;
using topology::service_runtime;

class book {
  public:
    explicit book(std::vector<std::string>& violations) : violations_(violations) {}
    void equal(const std::string& what, wide_integer a, wide_integer b) {
        if (a != b)
            violations_.push_back(what + ": " + std::to_string(static_cast<double>(a)) +
                                  " is not " + std::to_string(static_cast<double>(b)));
    }

  private:
    std::vector<std::string>& violations_;
};

const tally& whole(const scenario::traffic& t) {
    return t.phases[scenario::whole_phase];
}

/// All time that the requests of a service spent there.
wide_integer time_spent(const run_result& result, const std::string& service) {
    wide_integer sum = 0;
    for (const auto& e : result.endpoints)
        if (e.service == service)
            sum +=
                whole(e.traffic).good_latency.sum_ns() + whole(e.traffic).failed_latency.sum_ns();
    return sum;
}

struct totals {
    wide_integer occupied = 0, in_queue = 0, waited = 0;
};
totals totals_of(const service_runtime& service) {
    totals sum;
    for (const auto& r : service.replicas) {
        const sim::pool_totals t = r->workers().totals();
        sum.occupied += t.occupied_ns;
        sum.in_queue += t.in_queue_ns;
        sum.waited += t.wait_ns;
    }
    return sum;
}

/// Whether its requests do nothing but wait for a worker and work, once, uninterrupted.
bool is_queue_with_workers(const topology::service_spec& s) {
    const bool plain = s.queue.discipline == sim::queue_discipline::fifo ||
                       s.queue.discipline == sim::queue_discipline::lifo ||
                       s.queue.discipline == sim::queue_discipline::priority;
    return plain && !s.cold_start &&
           std::all_of(s.endpoints.begin(), s.endpoints.end(),
                       [](const auto& e) { return e.work && e.steps.empty(); });
}

void check_service(const scenario::scenario_run& run, const run_result& result,
                   const service_runtime& service, book& books) {
    const std::string& name = service.spec->name;
    const auto in_system = service.in_flight.at(run.system().simulation().now()).integral;
    books.equal("L = lambda W at " + name, in_system, time_spent(result, name));
    if (!is_queue_with_workers(*service.spec))
        return;
    const totals sum = totals_of(service);
    books.equal("Lq = lambda Wq at " + name, sum.in_queue, sum.waited);
    books.equal("U = X S at " + name, sum.occupied, time_spent(result, name) - sum.waited);
}

void check_forced_flow(const run_result& result, book& books) {
    for (const auto& service : result.services) {
        wide_integer tries = 0, arrivals = 0;
        for (const auto& edge : result.edges)
            if (edge.service == service.name)
                tries += whole(edge.traffic).attempts;
        for (const auto& endpoint : result.endpoints)
            if (endpoint.service == service.name)
                arrivals += whole(endpoint.traffic).requests;
        books.equal("forced flow into " + service.name, arrivals, tries);
    }
}

} // namespace

void check_books(const run_result& result, std::vector<std::string>& violations) {
    book books(violations);
    for (const auto& w : result.workloads)
        books.equal("conservation at " + w.name, w.sent,
                    whole(w.traffic).good() + whole(w.traffic).failed() + w.in_flight);
    for (const auto& s : result.services) {
        const auto& t = s.phases[scenario::whole_phase];
        books.equal("conservation at " + s.name, t.arrivals,
                    t.completed + t.rejected + t.abandoned + t.lost + s.in_flight);
    }
}

void check_sample_path(const scenario::scenario_run& run, std::vector<std::string>& violations) {
    book books(violations);
    if (!run.ended())
        violations.push_back("the run did not end");
    if (run.system().in_flight() != 0)
        return;
    const run_result result = run.result();
    for (const auto& w : result.workloads)
        books.equal("nothing is in flight of " + w.name, w.in_flight, 0);
    for (const auto& service : run.system().services())
        check_service(run, result, *service, books);
    check_forced_flow(result, books);
}

} // namespace windtunnel::validation
