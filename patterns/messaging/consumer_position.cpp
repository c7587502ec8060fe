// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/consumer_position.hpp"

#include <algorithm>
#include <utility>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

void consumer_position_options::validate() const {
    constexpr option_check check{"consumer_position"};
    check(max_poll_records >= 1, "max_poll_records", max_poll_records, "be at least 1");
    check(auto_commit_interval > duration::zero(), "auto_commit_interval", auto_commit_interval,
          "be above 0");
}

consumer_position::consumer_position(const consumer_position_options& options) : options_(options) {
    options.validate();
}

assignment_change consumer_position::assign(std::span<const topic_partition> partitions) {
    std::vector<topic_partition> wanted(partitions.begin(), partitions.end());
    std::sort(wanted.begin(), wanted.end());
    assignment_change change;
    std::vector<place> places;
    for (const auto& p : places_)
        if (std::binary_search(wanted.begin(), wanted.end(), p.partition)) {
            places.push_back(p);
        } else {
            change.revoked.push_back(p.partition);
            if (p.processed != no_offset)
                change.to_commit.push_back({p.partition, p.processed});
        }
    for (const auto& p : wanted)
        if (find(p) == nullptr) {
            change.added.push_back(p);
            places.push_back({.partition = p});
        }
    std::sort(places.begin(), places.end(),
              [](const place& a, const place& b) { return a.partition < b.partition; });
    places_ = std::move(places);
    return change;
}

std::vector<partition_offset> consumer_position::revoke_all() {
    auto result = committable();
    lose_all();
    return result;
}

void consumer_position::lose_all() {
    places_.clear();
}

void consumer_position::start(const topic_partition& p, log_offset offset) {
    if (auto* at = find(p))
        at->position = at->processed = offset;
}

std::vector<partition_offset> consumer_position::begin_poll(time_point now) {
    ++poll_;
    room_ = options_.max_poll_records;
    if (!options_.auto_commit)
        return {};
    for (auto& p : places_)
        p.processed = p.position;
    const bool first = next_commit_ == time_point::min();
    if (!first && now < next_commit_)
        return {};
    next_commit_ = saturating_add(now, options_.auto_commit_interval);
    return first ? std::vector<partition_offset>{} : committable();
}

std::optional<fetch_turn> consumer_position::next_fetch() {
    for (std::size_t i = 0; room_ > 0 && i < places_.size(); ++i) {
        auto& p = places_[next_place_ % places_.size()];
        next_place_ = (next_place_ + 1) % places_.size();
        if (p.poll == poll_ || p.position == no_offset)
            continue;
        p.poll = poll_;
        return fetch_turn{p.partition, p.position, static_cast<int>(room_)};
    }
    return std::nullopt;
}

void consumer_position::returned(const topic_partition& p, log_offset next) {
    if (auto* at = find(p)) {
        room_ -= next - at->position;
        at->position = next;
    }
}

void consumer_position::processed(const topic_partition& p, log_offset next) {
    if (auto* at = find(p))
        at->processed = std::clamp(next, at->processed, std::max(at->processed, at->position));
}

std::vector<partition_offset> consumer_position::committable() const {
    std::vector<partition_offset> result;
    for (const auto& p : places_)
        if (p.processed != no_offset)
            result.push_back({p.partition, p.processed});
    return result;
}

std::optional<log_offset> consumer_position::position(const topic_partition& p) const {
    const auto* at = find(p);
    return at == nullptr || at->position == no_offset ? std::nullopt : std::optional{at->position};
}

std::vector<topic_partition> consumer_position::partitions() const {
    std::vector<topic_partition> result;
    for (const auto& p : places_)
        result.push_back(p.partition);
    return result;
}

consumer_position::place* consumer_position::find(const topic_partition& p) {
    return const_cast<place*>(std::as_const(*this).find(p));
}

const consumer_position::place* consumer_position::find(const topic_partition& p) const {
    const auto at =
        std::lower_bound(places_.begin(), places_.end(), p,
                         [](const place& a, const topic_partition& b) { return a.partition < b; });
    return at == places_.end() || at->partition != p ? nullptr : &*at;
}

} // namespace windtunnel
