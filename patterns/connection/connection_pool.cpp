// SPDX-License-Identifier: BSL-1.0
#include "patterns/connection/connection_pool.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void connection_pool_options::validate() const {
    constexpr option_check check{"connection_pool"};
    check(max_connections >= 1 && max_connections <= 1'000'000, "max_connections", max_connections,
          "be from 1 to 1,000,000");
    check(max_streams >= 1, "max_streams", max_streams, "be at least 1");
    check(max_waiting.value_or(0) >= 0, "max_waiting", max_waiting.value_or(0), "not be negative");
    check(idle_timeout > duration::zero(), "idle_timeout", idle_timeout, "be above 0");
    check(max_requests >= 0, "max_requests", max_requests, "not be negative");
}

connection_pool::connection_pool(const connection_pool_options& options) : options_(options) {
    options_.validate();
}

// ---- connections --------------------------------------------------------------------------------

connection_pool::connection* connection_pool::find(connection_number c) {
    const std::size_t place = place_of(c);
    if (c == 0 || place >= connections_.size() || connections_[place].number != c)
        return nullptr;
    return &connections_[place];
}

bool connection_pool::has_room(const connection& c) const {
    const bool used_up = options_.max_requests > 0 && c.requests >= options_.max_requests;
    return c.is_open && !c.broken && !used_up && c.streams < options_.max_streams;
}

/// It may have room now: it is the next to be used.
void connection_pool::offer(connection& c) {
    if (c.waits_for_use || !has_room(c))
        return;
    c.waits_for_use = true;
    if (with_room_.size() > 2 * connections_.size()) // most are gone
        std::erase_if(with_room_, [&](connection_number each) { return find(each) == nullptr; });
    with_room_.push_back(c.number);
}

/// The one that got room last; nullptr: none has.
connection_pool::connection* connection_pool::with_room() {
    while (!with_room_.empty()) {
        connection* c = find(with_room_.back());
        if (c != nullptr && has_room(*c))
            return c;
        if (c != nullptr)
            c->waits_for_use = false;
        with_room_.pop_back();
    }
    return nullptr;
}

/// The one that with_room() has said.
void connection_pool::use(connection& c, time_point now) {
    ++c.streams;
    ++c.requests;
    ++in_use_;
    c.used = now;
    if (has_room(c))
        return;
    c.waits_for_use = false;
    with_room_.pop_back();
}

std::optional<connection_number> connection_pool::to_open() {
    if (waiting_.empty() || !wants_more())
        return std::nullopt;
    if (free_.empty()) {
        free_.push_back(connections_.size());
        connections_.emplace_back();
    }
    const std::size_t place = free_.back();
    free_.pop_back();
    last_ += most_connections;
    connections_[place] = {.number = last_ + place};
    ++opening_;
    return last_ + place;
}

void connection_pool::opened(connection_number number, time_point now) {
    connection* c = find(number);
    if (c == nullptr)
        return;
    c->is_open = true;
    c->used = now;
    --opening_;
    ++open_;
    ++metrics_.opened;
    offer(*c);
}

void connection_pool::failed(connection_number number) {
    connection* c = find(number);
    if (c == nullptr)
        return;
    --opening_;
    ++metrics_.failed;
    remove(*c);
}

void connection_pool::remove(connection& c) {
    free_.push_back(place_of(c.number));
    c = {};
}

void connection_pool::close(connection& c) {
    --open_;
    ++metrics_.closed;
    remove(c);
}

void connection_pool::release(connection_number number, bool broken, time_point now) {
    connection* c = find(number);
    if (c == nullptr)
        return; // it was lost
    --c->streams;
    --in_use_;
    c->used = now;
    c->broken = c->broken || broken;
    const bool used_up = options_.max_requests > 0 && c->requests >= options_.max_requests;
    if (c->streams == 0 && (c->broken || used_up))
        close(*c);
    else
        offer(*c);
}

void connection_pool::lost(connection_number number) {
    connection* c = find(number);
    if (c == nullptr)
        return;
    in_use_ -= c->streams;
    if (c->is_open)
        close(*c);
    else
        failed(number);
}

std::vector<connection_number> connection_pool::open_connections() const {
    std::vector<connection_number> all;
    for (const connection& each : connections_)
        if (each.is_open)
            all.push_back(each.number);
    return all;
}

// ---- requests -----------------------------------------------------------------------------------

connection_pool::acquired connection_pool::acquire(ticket who, time_point now) {
    if (waiting_.empty())
        if (connection* c = with_room()) {
            use(*c, now);
            return {answer::granted, c->number};
        }
    const auto most = options_.max_waiting;
    const bool may_open = waiting_.empty() && open_ + opening_ < options_.max_connections;
    if (most && waiting_.size() >= static_cast<std::size_t>(*most) && !may_open) {
        ++metrics_.refused;
        return {answer::refused, 0};
    }
    ++metrics_.waited;
    waiting_.push_back(who);
    return {answer::waits, 0};
}

bool connection_pool::forget(ticket who) {
    const auto found = std::find(waiting_.begin(), waiting_.end(), who);
    if (found == waiting_.end())
        return false;
    waiting_.erase(found);
    return true;
}

/// Whether those that are being opened have no room for all who wait. Where one that is open has
/// room, the next grant comes first.
bool connection_pool::wants_more() {
    if (open_ + opening_ >= options_.max_connections || with_room() != nullptr)
        return false;
    return waiting_.size() >
           static_cast<std::size_t>(opening_) * static_cast<std::size_t>(options_.max_streams);
}

std::optional<connection_pool::grant> connection_pool::next_grant(time_point now) {
    if (waiting_.empty())
        return std::nullopt;
    connection* c = with_room();
    if (c == nullptr)
        return std::nullopt;
    use(*c, now);
    const grant given{waiting_.front(), c->number};
    waiting_.pop_front();
    return given;
}

std::optional<connection_pool::ticket> connection_pool::take_first() {
    if (waiting_.empty())
        return std::nullopt;
    const ticket first = waiting_.front();
    waiting_.pop_front();
    return first;
}

std::vector<connection_number> connection_pool::advance(time_point now) {
    std::vector<connection_number> idle;
    for (connection& each : connections_)
        if (each.is_open && each.streams == 0 &&
            now >= saturating_add(each.used, options_.idle_timeout)) {
            idle.push_back(each.number);
            close(each);
        }
    return idle;
}

time_point connection_pool::next_event() const {
    time_point next = never;
    for (const connection& each : connections_)
        if (each.is_open && each.streams == 0)
            next = std::min(next, saturating_add(each.used, options_.idle_timeout));
    return next;
}

} // namespace windtunnel
