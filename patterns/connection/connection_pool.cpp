// SPDX-License-Identifier: BSL-1.0
#include "patterns/connection/connection_pool.hpp"

#include <algorithm>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void connection_pool_options::validate() const {
    constexpr option_check check{"connection_pool"};
    check(max_connections >= 1, "max_connections", max_connections, "be at least 1");
    check(max_streams >= 1, "max_streams", max_streams, "be at least 1");
    check(max_waiting.value_or(0) >= 0, "max_waiting", max_waiting.value_or(0), "not be negative");
    check(idle_timeout > duration::zero(), "idle_timeout", idle_timeout, "be above 0");
    check(max_requests >= 0, "max_requests", max_requests, "not be negative");
}

connection_pool::connection_pool(const connection_pool_options& options) : options_(options) {
    options_.validate();
}

connection_pool::connection* connection_pool::find(connection_number c) {
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const connection& each) { return each.number == c; });
    return found == connections_.end() ? nullptr : &*found;
}

bool connection_pool::has_room(const connection& c) const {
    const bool used_up = options_.max_requests > 0 && c.requests >= options_.max_requests;
    return c.is_open && !c.broken && !used_up && c.streams < options_.max_streams;
}

/// The one that was used last.
connection_pool::connection* connection_pool::with_room() {
    connection* best = nullptr;
    for (connection& each : connections_)
        if (has_room(each) && (best == nullptr || each.used >= best->used))
            best = &each;
    return best;
}

void connection_pool::use(connection& c, time_point now) {
    ++c.streams;
    ++c.requests;
    ++in_use_;
    c.used = now;
}

connection_pool::acquired connection_pool::acquire(ticket who, time_point now) {
    if (waiting_.empty())
        if (connection* c = with_room()) {
            use(*c, now);
            return {answer::granted, c->number};
        }
    if (options_.max_waiting &&
        waiting_.size() >= static_cast<std::size_t>(*options_.max_waiting) &&
        !(waiting_.empty() && wants_more())) {
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

/// Whether those that are open or being opened have no room for all who wait.
bool connection_pool::wants_more() const {
    if (static_cast<int>(connections_.size()) >= options_.max_connections)
        return false;
    std::size_t room = 0;
    for (const connection& each : connections_)
        if (!each.is_open)
            room += static_cast<std::size_t>(options_.max_streams);
        else if (has_room(each))
            room += static_cast<std::size_t>(options_.max_streams - each.streams);
    return waiting_.size() > room || (waiting_.empty() && room == 0);
}

std::optional<connection_number> connection_pool::to_open() {
    if (waiting_.empty() || !wants_more())
        return std::nullopt;
    connections_.push_back({.number = ++last_});
    return last_;
}

void connection_pool::opened(connection_number number, time_point now) {
    connection* c = find(number);
    if (c == nullptr)
        return;
    c->is_open = true;
    c->used = now;
    ++open_;
    ++metrics_.opened;
}

void connection_pool::failed(connection_number c) {
    ++metrics_.failed;
    std::erase_if(connections_, [&](const connection& each) { return each.number == c; });
}

void connection_pool::close(connection_number c) {
    std::erase_if(connections_, [&](const connection& each) { return each.number == c; });
    --open_;
    ++metrics_.closed;
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
        close(number);
}

void connection_pool::lost(connection_number number) {
    const connection* c = find(number);
    if (c == nullptr)
        return;
    in_use_ -= c->streams;
    if (c->is_open)
        close(number);
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
    for (const connection& each : connections_)
        if (each.is_open && each.streams == 0 &&
            now >= saturating_add(each.used, options_.idle_timeout))
            idle.push_back(each.number);
    for (const connection_number each : idle)
        close(each);
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
