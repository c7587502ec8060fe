// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/work_queue.hpp"

#include <algorithm>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

const work_queue_options& valid_queue_options(const work_queue_options& options) {
    options.validate();
    return options;
}

} // namespace

work_queue::work_queue(const work_queue_options& options, std::string name)
    : options_(valid_queue_options(options)), name_(std::move(name)),
      ready_(messages_, options.fifo_groups), puller_(consumers_.add({}, true).slot),
      window_(options.deduplication_window) {}

publish_result work_queue::publish(queue_message m, time_point now) {
    WINDTUNNEL_ASSERT(m.ttl >= duration::zero());
    advance(now);
    const auto id = options_.deduplication_window > duration::zero() ? m.deduplication_id : 0;
    if (id != 0 && window_.contains(id)) {
        ++metrics_.duplicates;
        return {publish_status::duplicate, 0};
    }
    if (options_.overflow != queue_overflow::drop_head && is_full_for(m))
        return refuse(std::move(m), now);
    if (id != 0)
        window_.add(id, now);
    ready_.add(insert(std::move(m), now));
    ++metrics_.published;
    return {publish_status::accepted, push_out(now)};
}

bool work_queue::is_full_for(const queue_message& m) const {
    const auto length = static_cast<std::size_t>(options_.max_length);
    const auto most = static_cast<std::uint64_t>(options_.max_bytes);
    return (length > 0 && ready_.size() >= length) ||
           (most > 0 && (m.body.size > most || ready_.bytes() > most - m.body.size));
}

bool work_queue::is_too_full() const {
    const auto length = static_cast<std::size_t>(options_.max_length);
    const auto most = static_cast<std::uint64_t>(options_.max_bytes);
    return (length > 0 && ready_.size() > length) || (most > 0 && ready_.bytes() > most);
}

publish_result work_queue::refuse(queue_message&& m, time_point now) {
    ++metrics_.rejected;
    if (options_.overflow == queue_overflow::reject_publish_dead_letter) {
        ++metrics_.rejected_dead_lettered;
        m.published = now;
        dead_letters_.push_back(made_dead(std::move(m), name_, dead_letter_reason::maxlen, now));
    }
    return {publish_status::rejected, 0};
}

work_queue::slot work_queue::insert(queue_message&& m, time_point now) {
    const auto s = messages_.take();
    auto& node = messages_[s];
    node.what = std::move(m);
    if (!options_.keep_enqueue_time || node.what.deaths.empty())
        node.what.published = now;
    node.what.priority =
        static_cast<std::uint8_t>(std::min<int>(node.what.priority, options_.max_priority));
    node.what.deliveries = 0;
    node.what.redelivered = false;
    node.sequence = ++sequence_;
    node.arrived = now;
    node.expires =
        saturating_add(node.what.published, std::min(node.what.ttl, options_.message_ttl));
    ages_.push_back(messages_, s);
    return s;
}

int work_queue::push_out(time_point now) {
    int gone = 0;
    for (; options_.overflow == queue_overflow::drop_head && is_too_full(); ++gone) {
        const auto s = ready_.next();
        ready_.remove(s);
        end(s, dead_letter_reason::maxlen, now);
    }
    return gone;
}

consumer_id work_queue::subscribe(const queue_consumer_options& options) {
    options.validate();
    return consumers_.add(options);
}

bool work_queue::unsubscribe(const consumer_id& id, time_point now) {
    advance(now);
    if (!consumers_.knows(id) || id.slot == puller_)
        return false;
    const auto& hand = consumers_[id.slot].hand;
    while (!hand.empty())
        give_back(hand.first(), now);
    consumers_.remove(id.slot);
    return true;
}

std::optional<queue_delivery> work_queue::next_delivery(time_point now) {
    advance(now);
    const auto consumer = consumers_.next();
    if (consumer == detail::no_slot || !may_deliver())
        return {};
    return deliver(ready_.next(), consumer, now);
}

std::optional<queue_delivery> work_queue::receive(time_point now) {
    advance(now);
    if (!may_deliver())
        return {};
    return deliver(ready_.next(), puller_, now);
}

std::vector<queue_delivery> work_queue::receive(int max, time_point now) {
    WINDTUNNEL_ASSERT(max >= 1);
    const int most = options_.max_batch > 0 ? std::min(max, options_.max_batch) : max;
    std::vector<queue_delivery> batch;
    for (int i = 0; i < most; ++i) {
        const auto one = receive(now);
        if (!one)
            break;
        batch.push_back(*one);
    }
    return batch;
}

bool work_queue::may_deliver() const {
    const auto most = static_cast<std::size_t>(options_.max_unacked);
    return ready_.next() != detail::no_slot && (most == 0 || unacked_ < most);
}

queue_delivery work_queue::deliver(slot s, slot consumer, time_point now) {
    ready_.take(s);
    auto& m = messages_[s];
    m.what.redelivered = m.what.deliveries > 0;
    ++m.what.deliveries;
    ++metrics_.delivered;
    metrics_.redelivered += m.what.redelivered;
    m.delivery = ++delivery_;
    m.delivered_at = now;
    m.consumer = consumer;
    ++unacked_;
    unacked_bytes_ += m.what.body.size;
    auto& c = consumers_[consumer];
    c.hand.push_back(messages_, s);
    consumers_.took(consumer);
    const auto until = options_.visibility_timeout > duration::zero()
                           ? hide(s, saturating_add(now, options_.visibility_timeout))
                           : never;
    return {{m.delivery, s}, &m.what, {c.number, consumer}, c.options.tag, until};
}

time_point work_queue::hide(slot s, time_point until) {
    deadlines_.push({until, messages_[s].delivery}, s);
    return until;
}

bool work_queue::survives_crash(const queue_message& m) const {
    return options_.durability == queue_durability::always ||
           (options_.durability == queue_durability::by_message && m.durable);
}

void work_queue::crash(time_point now) {
    advance(now);
    for (auto s = ages_.first(); s != detail::no_slot;) {
        const auto next = messages_[s].age.next;
        const bool in_hand = messages_[s].place == detail::message_place::in_hand;
        if (survives_crash(messages_[s].what)) {
            if (in_hand)
                give_back(s, now);
        } else if (in_hand) {
            reject(s, dead_letter_reason::crash, now);
        } else {
            ready_.remove(s);
            end(s, dead_letter_reason::crash, now);
        }
        s = next;
    }
    consumers_.clear();
    if (options_.durability == queue_durability::transient)
        window_.clear();
}

void work_queue::advance(time_point now) {
    while (!deadlines_.empty() && deadlines_.top_key().first <= now) {
        ++metrics_.timed_out;
        give_back(deadlines_.top(), now);
    }
    window_.advance(now);
    for (auto s = ready_.next(); s != detail::no_slot && messages_[s].expires <= now;
         s = ready_.next()) {
        ready_.remove(s);
        end(s, dead_letter_reason::expired, now);
    }
}

time_point work_queue::next_event() const {
    const auto s = ready_.next();
    const auto expiry = s == detail::no_slot ? never : messages_[s].expires;
    return deadlines_.empty() ? expiry : std::min(expiry, deadlines_.top_key().first);
}

int work_queue::unacked(const consumer_id& id) {
    return consumers_.knows(id) ? consumers_[id.slot].unacked : 0;
}

duration work_queue::oldest_age(time_point now) const {
    return ages_.empty() ? duration::zero() : now - messages_[ages_.first()].arrived;
}

} // namespace windtunnel
