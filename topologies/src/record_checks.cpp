// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/record_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/call_options.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

/// "service.record", of what a version may be.
using records = std::set<std::string>;

/// What the request may carry at some point of its steps.
struct knowledge {
    records held;      ///< the version of one of these; none: perhaps of nothing
    records news;      ///< the same, of what was read since the request arrived
    bool sure = false; ///< something has been read since then, whatever way it took
    friend bool operator==(const knowledge&, const knowledge&) = default;
};

void add(records& into, const records& from) {
    into.insert(from.begin(), from.end());
}

/// After one of two ways.
knowledge either(knowledge a, const knowledge& b) {
    add(a.held, b.held);
    add(a.news, b.news);
    a.sure = a.sure && b.sure;
    return a;
}

struct vertex {
    const service_spec* service = nullptr;
    const endpoint_spec* endpoint = nullptr;
    records brought;  ///< by those who call it
    knowledge answer; ///< at its end
    std::set<std::size_t> callers;
    bool waiting = true; ///< in the queue
};

/// Walks through steps, from knowledge to knowledge. Sets only grow, so going over endpoints again
/// while something changes comes to an end.
class analysis {
  public:
    analysis(const topology_spec& topology, error_collector& errors)
        : topology_(topology), errors_(errors) {
        for (const service_spec& service : topology.services)
            for (const endpoint_spec& endpoint : service.endpoints) {
                indexes_[to_string({service.name, endpoint.name})] = vertices_.size();
                queue_.push_back(vertices_.size());
                vertices_.push_back({&service, &endpoint, {}, {}, {}, true});
            }
    }

    void run() {
        while (!queue_.empty()) {
            at_ = queue_.front();
            queue_.pop_front();
            vertices_[at_].waiting = false;
            visit();
        }
        reports_ = true;
        for (at_ = 0; at_ < vertices_.size(); ++at_)
            visit();
    }

  private:
    vertex& here() { return vertices_[at_]; }

    void visit() {
        knowledge now;
        now.held = here().brought;
        walk(here().endpoint->steps, now);
        if (reports_ || now == here().answer)
            return;
        here().answer = std::move(now);
        for (const std::size_t caller : here().callers)
            again(caller);
    }
    void again(std::size_t index) {
        if (!std::exchange(vertices_[index].waiting, true))
            queue_.push_back(index);
    }

    void walk(const steps_spec& steps, knowledge& now) {
        for (const step_spec& step : steps) {
            where_ = &step.where;
            std::visit([&](const auto& what) { pass(what, now); }, step.what);
        }
    }
    void pass(const work_step&, knowledge&) {}
    void pass(const sleep_step&, knowledge&) {}
    void pass(const authenticate_step&, knowledge&) {}
    void pass(const limit_step&, knowledge&) {}
    void pass(const forward_step&, knowledge&) {}
    void pass(const mirror_step& step, const knowledge& now) {
        knowledge unheard = now; // what its answer says nobody reads
        pass(step.copy, unheard);
    }
    void pass(const read_record_step& step, knowledge& now) {
        if (is_known(step.record))
            learn(now, {here().service->name + "." + step.record});
    }
    void pass(const write_record_step& step, knowledge& now) {
        if (!is_known(step.record))
            return;
        const std::string written = here().service->name + "." + step.record;
        if (step.if_unchanged && reports_ && now.held.count(written) == 0)
            complain_of_blind_write(step.record, now.held);
        learn(now, {written});
    }
    void pass(const call_step& call, knowledge& now) {
        const auto found = indexes_.find(to_string(call.to));
        if (found == indexes_.end())
            return;
        vertex& callee = vertices_[found->second];
        callee.callers.insert(at_);
        const std::size_t before = callee.brought.size();
        add(callee.brought, now.held);
        if (callee.brought.size() != before)
            again(found->second);
        knowledge heard = now;
        if (!callee.answer.news.empty())
            learn(heard, callee.answer.news);
        const bool certain = callee.answer.sure && call.error == on_error::fail;
        now = certain ? heard : either(heard, now);
    }
    void pass(const parallel_step& step, knowledge& now) {
        knowledge after = now;
        const bool all = step.need == 0 || step.need == static_cast<int>(step.branches.size());
        for (const steps_spec& branch : step.branches) {
            knowledge one = now;
            walk(branch, one);
            const bool sure = after.sure || (all && one.sure);
            after = either(after, one);
            after.sure = sure;
        }
        now = std::move(after);
    }
    void pass(const repeat_step& step, knowledge& now) {
        walk(step.body, now);
        for (knowledge before; !(before == now);) { // what one turn reads the next one knows
            before = now;
            knowledge next = now;
            walk(step.body, next);
            now = either(std::move(next), now);
        }
    }
    void pass(const probability_step& step, knowledge& now) {
        knowledge other = now;
        if (step.share > 0)
            walk(step.body, now);
        if (step.share < 1)
            walk(step.otherwise, other);
        now = step.share >= 1 ? now : step.share <= 0 ? other : either(now, other);
    }
    static void learn(knowledge& now, const records& what) {
        now.held = now.news = what;
        now.sure = true;
    }

    // ---- complaints ---------------------------------------------------------------------------

    void complain(const std::string& message, const std::string& suggestion = {}) {
        errors_.add({*where_, message, suggestion});
    }

    bool is_known(const std::string& record) {
        const auto& own = here().service->records;
        const bool known = std::find(own.begin(), own.end(), record) != own.end();
        if (!known && reports_)
            complain_of_unknown(record);
        return known;
    }
    void complain_of_unknown(const std::string& record) {
        const service_spec& service = *here().service;
        for (const service_spec& other : topology_.services)
            if (std::find(other.records.begin(), other.records.end(), record) !=
                other.records.end())
                return complain(fmt::format("{} is a record of {}, and {} is another service: call "
                                            "an endpoint of {} that reads or writes it",
                                            in_quotes(record), other.name, service.name,
                                            other.name));
        if (service.records.empty())
            return complain(fmt::format("{} keeps no records: add \"records\": [{}] to it",
                                        service.name, in_quotes(record)));
        complain(fmt::format("{} has no record {}; it has {}", service.name, in_quotes(record),
                             fmt::join(service.records, ", ")),
                 nearest(record, service.records));
    }
    void complain_of_blind_write(const std::string& record, const records& held) {
        if (held.empty())
            return complain(fmt::format(
                "a write of {0} if unchanged, but no request that comes here has read it: read it "
                "in a step before, or let who calls this endpoint call one that reads it first",
                in_quotes(record)));
        complain(fmt::format("a write of {0} if unchanged, but a request carries one version, that "
                             "of the record read or written last, which is {1} here: read {0} last",
                             in_quotes(record), fmt::join(held, " or ")));
    }

    const topology_spec& topology_;
    error_collector& errors_;
    std::vector<vertex> vertices_;
    std::map<std::string, std::size_t> indexes_;
    std::deque<std::size_t> queue_;
    std::size_t at_ = 0;
    const location* where_ = nullptr;
    bool reports_ = false;
};

bool has_record_step(const steps_spec& steps);

struct finds_record_step {
    bool operator()(const call_step&) const { return false; }
    bool operator()(const work_step&) const { return false; }
    bool operator()(const sleep_step&) const { return false; }
    bool operator()(const authenticate_step&) const { return false; }
    bool operator()(const limit_step&) const { return false; }
    bool operator()(const forward_step&) const { return false; }
    bool operator()(const mirror_step&) const { return false; }
    bool operator()(const read_record_step&) const { return true; }
    bool operator()(const write_record_step&) const { return true; }
    bool operator()(const parallel_step& step) const {
        return std::any_of(step.branches.begin(), step.branches.end(), has_record_step);
    }
    bool operator()(const repeat_step& step) const { return has_record_step(step.body); }
    bool operator()(const probability_step& step) const {
        return has_record_step(step.body) || has_record_step(step.otherwise);
    }
};

bool has_record_step(const steps_spec& steps) {
    return std::any_of(steps.begin(), steps.end(), [](const step_spec& step) {
        return std::visit(finds_record_step{}, step.what);
    });
}

} // namespace

void check_records(const topology_spec& topology, error_collector& errors) {
    for (const service_spec& service : topology.services)
        for (const endpoint_spec& endpoint : service.endpoints)
            if (has_record_step(endpoint.steps))
                return analysis(topology, errors).run();
}

} // namespace windtunnel::topology
