// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_group.hpp"

#include <algorithm>
#include <utility>

namespace windtunnel {

consumer_group::consumer_group(const consumer_group_options& options, topic_sizes topics)
    : options_(options), topics_(std::move(topics)) {
    options.validate();
}

// ---- requests --------------------------------------------------------------------------------

void consumer_group::join(const group_subscription& who, time_point now) {
    advance(now);
    ++metrics_.joins;
    const auto [at, is_new] = members_.try_emplace(who.member);
    auto& m = at->second;
    const bool changed = is_new || m.joined.topics != who.topics || m.joined.owned != who.owned;
    m.joined = who;
    renew(m, now);
    m.poll_end = saturating_add(now, options_.max_poll_interval);
    const bool settled =
        state_ == group_state::stable || state_ == group_state::completing_rebalance;
    if (settled && !changed) {
        answers_.push_back(
            {.member = who.member, .generation = generation_, .leader = leader() == who.member});
        return;
    }
    if (state_ == group_state::preparing_rebalance)
        more_came_ = more_came_ || is_new;
    else if (settled)
        prepare_rebalance(now, options_.rebalance_timeout);
    else {
        initial_ = true;
        prepare_rebalance(now, options_.initial_rebalance_delay);
    }
    m.waiting = waits::for_join;
    settle(now);
}

group_status consumer_group::sync(std::string_view name, std::int32_t generation, time_point now) {
    const auto status = check(name, generation, now);
    if (status != group_status::ok)
        return status;
    if (state_ == group_state::preparing_rebalance)
        return group_status::rebalance_in_progress;
    const auto at = members_.find(name);
    renew(at->second, now);
    if (state_ == group_state::stable) {
        answer_sync(at->first, at->second);
        return group_status::ok;
    }
    at->second.waiting = waits::for_sync;
    if (name == leader())
        assign_partitions();
    return group_status::ok;
}

group_status consumer_group::heartbeat(std::string_view name, std::int32_t generation,
                                       time_point now) {
    const auto status = check(name, generation, now);
    if (status != group_status::ok)
        return status;
    renew(members_.find(name)->second, now);
    return state_ == group_state::preparing_rebalance ? group_status::rebalance_in_progress
                                                      : group_status::ok;
}

void consumer_group::polled(std::string_view name, time_point now) {
    advance(now);
    if (const auto at = members_.find(name); at != members_.end())
        at->second.poll_end = saturating_add(now, options_.max_poll_interval);
}

void consumer_group::leave(std::string_view name, time_point now) {
    advance(now);
    ++metrics_.leaves;
    if (members_.contains(name))
        put_out(std::string{name}, now);
}

group_status consumer_group::commit(std::string_view name, std::int32_t generation,
                                    std::span<const partition_offset> offsets, time_point now) {
    auto status = check(name, generation, now);
    if (status == group_status::ok && state_ == group_state::completing_rebalance)
        status = group_status::rebalance_in_progress;
    for (const auto& o : offsets)
        if (const auto owner = owner_of(o.partition);
            status == group_status::ok && owner && *owner != name)
            status = group_status::not_owner;
    if (status != group_status::ok) {
        ++metrics_.fenced_commits;
        return status;
    }
    ++metrics_.commits;
    renew(members_.find(name)->second, now);
    for (const auto& o : offsets)
        metrics_.stale_offsets += !offsets_.commit(o.partition, o.offset);
    return status;
}

void consumer_group::set_topics(topic_sizes topics, time_point now) {
    advance(now);
    const bool changed = topics != topics_;
    topics_ = std::move(topics);
    if (changed)
        rebalance_again(now);
}

group_status consumer_group::check(std::string_view name, std::int32_t generation, time_point now) {
    advance(now);
    if (!members_.contains(name))
        return group_status::unknown_member;
    return generation == generation_ ? group_status::ok : group_status::illegal_generation;
}

void consumer_group::renew(member& m, time_point now) const {
    m.session_end = saturating_add(now, options_.session_timeout);
}

// ---- the rebalance ---------------------------------------------------------------------------

void consumer_group::prepare_rebalance(time_point now, duration wait) {
    state_ = group_state::preparing_rebalance;
    deadline_ = saturating_add(now, wait);
    last_extension_ = saturating_add(now, options_.rebalance_timeout);
    more_came_ = false;
    for (auto& [name, m] : members_)
        if (m.waiting == waits::for_sync) {
            m.waiting = waits::no;
            renew(m, now);
            answers_.push_back(
                {.member = name, .what = group_answer_kind::rejoin, .generation = generation_});
        }
}

bool consumer_group::all_have_joined() const {
    return std::all_of(members_.begin(), members_.end(),
                       [](const auto& entry) { return entry.second.waiting == waits::for_join; });
}

void consumer_group::settle(time_point now) {
    if (state_ != group_state::preparing_rebalance)
        return;
    if (now >= deadline_ || (!initial_ && all_have_joined()))
        begin_generation(now);
}

void consumer_group::begin_generation(time_point now) {
    owners_.clear();
    metrics_.late_members += std::erase_if(
        members_, [](const auto& entry) { return entry.second.waiting != waits::for_join; });
    initial_ = false;
    ++generation_;
    ++metrics_.rebalances;
    state_ = members_.empty() ? group_state::empty : group_state::completing_rebalance;
    deadline_ = saturating_add(now, members_.empty() ? options_.offsets_retention
                                                     : options_.rebalance_timeout);
    for (auto& [name, m] : members_) {
        m.waiting = waits::no;
        m.synced = false;
        m.assignment.clear();
        renew(m, now);
        m.poll_end = saturating_add(now, options_.max_poll_interval);
        answers_.push_back({.member = name, .generation = generation_, .leader = name == leader()});
    }
}

void consumer_group::assign_partitions() {
    std::vector<group_subscription> subscriptions;
    for (const auto& [name, m] : members_)
        subscriptions.push_back(m.joined);
    auto result = assign(options_.assignor, topics_, subscriptions);
    if (options_.protocol == rebalance_protocol::cooperative)
        result = withhold_owned(result, subscriptions);
    state_ = group_state::stable;
    for (auto& [name, m] : members_) {
        m.assignment = std::move(result[name]);
        for (const auto& p : m.assignment)
            owners_[p] = name;
    }
    for (auto& [name, m] : members_)
        if (m.waiting == waits::for_sync)
            answer_sync(name, m);
}

void consumer_group::answer_sync(const std::string& name, member& m) {
    m.waiting = waits::no;
    m.synced = true;
    answers_.push_back({.member = name,
                        .what = group_answer_kind::assigned,
                        .generation = generation_,
                        .leader = name == leader(),
                        .partitions = m.assignment});
    if (std::all_of(members_.begin(), members_.end(), [](auto& e) { return e.second.synced; }))
        deadline_ = never;
}

void consumer_group::rebalance_again(time_point now) {
    if (state_ == group_state::stable || state_ == group_state::completing_rebalance)
        prepare_rebalance(now, options_.rebalance_timeout);
    settle(now);
}

// ---- time ------------------------------------------------------------------------------------

/// With what they own; owners are names of members.
template <class Predicate>
std::size_t consumer_group::erase_members(Predicate goes) {
    std::erase_if(owners_, [&](const auto& owner) { return goes(*members_.find(owner.second)); });
    return std::erase_if(members_, goes);
}

void consumer_group::put_out(const std::string& name, time_point now) {
    erase_members([&name](const auto& entry) { return entry.first == name; });
    rebalance_again(now);
}

void consumer_group::expire_members(time_point now) {
    const auto due = [now](const auto& entry) {
        const auto& m = entry.second;
        return m.waiting == waits::no && now >= std::min(m.session_end, m.poll_end);
    };
    for (;;) {
        const auto at = std::find_if(members_.begin(), members_.end(), due);
        if (at == members_.end())
            return;
        ++(now >= at->second.session_end ? metrics_.sessions_expired : metrics_.polls_expired);
        put_out(std::string{at->first}, now);
    }
}

void consumer_group::expire_deadline(time_point now) {
    if (now < deadline_)
        return;
    deadline_ = never;
    switch (state_) {
    case group_state::preparing_rebalance:
        if (initial_ && more_came_ && now < last_extension_) {
            more_came_ = false;
            deadline_ =
                std::min(saturating_add(now, options_.initial_rebalance_delay), last_extension_);
        } else {
            begin_generation(now);
        }
        break;
    case group_state::completing_rebalance:
    case group_state::stable:
        metrics_.late_members += erase_members([](const auto& entry) {
            return !entry.second.synced && entry.second.waiting != waits::for_sync;
        });
        rebalance_again(now);
        break;
    case group_state::empty:
        offsets_.clear();
        state_ = group_state::dead;
        break;
    case group_state::dead:
        break;
    }
}

void consumer_group::advance(time_point now) {
    expire_members(now);
    expire_deadline(now);
}

time_point consumer_group::next_event() const {
    auto next = deadline_;
    for (const auto& [name, m] : members_)
        if (m.waiting == waits::no)
            next = std::min({next, m.session_end, m.poll_end});
    return next;
}

// ---- questions -------------------------------------------------------------------------------

std::optional<group_answer> consumer_group::take_answer() {
    if (answers_.empty())
        return std::nullopt;
    auto result = std::move(answers_.front());
    answers_.pop_front();
    return result;
}

std::string_view consumer_group::leader() const {
    return members_.empty() ? std::string_view{} : std::string_view{members_.begin()->first};
}

std::vector<topic_partition> consumer_group::assignment_of(std::string_view name) const {
    const auto at = members_.find(name);
    return at == members_.end() ? std::vector<topic_partition>{} : at->second.assignment;
}

std::optional<std::string_view> consumer_group::owner_of(const topic_partition& p) const {
    const auto at = owners_.find(p);
    return at == owners_.end() ? std::nullopt : std::optional{at->second};
}

std::optional<std::int64_t> consumer_group::lag(const topic_partition& p, log_offset log_start,
                                                log_offset log_end) const {
    const auto from = starting_offset(p, log_start, log_end);
    return from ? std::optional{log_end - *from} : std::nullopt;
}

} // namespace windtunnel
