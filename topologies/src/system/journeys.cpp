// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/journeys.hpp"

#include "topologies/src/system/observer.hpp"

namespace windtunnel::topology {

namespace {

constexpr unsigned place_bits = 32;

} // namespace

journeys::id journeys::begin(std::uint32_t client, time_point sent) {
    if (free_.empty()) {
        free_.push_back(static_cast<std::uint32_t>(records_.size()));
        records_.emplace_back();
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    record& r = records_[place];
    r = {.sent = sent, .client = client, .generation = r.generation + 1, .held = 1};
    ++under_way_;
    return id{r.generation} << place_bits | (place + std::uint64_t{1});
}

/// nullptr: of none, or it has ended.
journeys::record* journeys::find(id journey) {
    if (journey == 0)
        return nullptr;
    record& r = records_[static_cast<std::uint32_t>(journey) - 1];
    return r.held > 0 && r.generation == journey >> place_bits ? &r : nullptr;
}

journeys::id journeys::hold(id journey) {
    record* r = find(journey);
    if (r == nullptr)
        return 0;
    ++r->held;
    r->published = true;
    return journey;
}

void journeys::answered(id journey, bool ok, time_point now, observer& books) {
    record* r = find(journey);
    if (r == nullptr)
        return;
    r->failed = !ok;
    r->answered = true;
    let_go(*r, now, books);
}

void journeys::lose(id journey) {
    if (record* r = find(journey))
        r->published = r->lost = true;
}

void journeys::release(id journey, bool lost, time_point now, observer& books) {
    record* r = find(journey);
    if (r == nullptr)
        return;
    r->lost = r->lost || lost;
    let_go(*r, now, books);
}

void journeys::let_go(record& r, time_point now, observer& books) {
    if (--r.held > 0)
        return;
    --under_way_;
    free_.push_back(static_cast<std::uint32_t>(&r - records_.data()));
    if (r.published && !r.failed)
        books.work_over({.client = r.client, .sent = r.sent, .over = now, .lost = r.lost});
}

std::vector<journeys::undone> journeys::not_done() const {
    std::vector<undone> all;
    for (const record& r : records_)
        if (r.held > 0 && r.answered && r.published && !r.failed)
            all.push_back({r.client, r.sent});
    return all;
}

} // namespace windtunnel::topology
