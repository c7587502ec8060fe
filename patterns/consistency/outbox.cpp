// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/outbox.hpp"

#include <optional>
#include <stdexcept>
#include <utility>

#include "patterns/base/assert.hpp"
#include "patterns/consistency/record_codec.hpp"
#include "patterns/resilience/option_check.hpp"
#include "patterns/resilience/retry.hpp"

namespace windtunnel {

/// What is known of a key that has messages. Tables: lanes by lane; messages by lane and position;
/// due by (when, first position, lane), which is what claims are made from.
struct outbox::lane_state {
    bool is_new = true;
    time_point due = time_point::min(); ///< when it may be claimed; `never`: parked
    std::uint64_t first = 0;            ///< position of its first message, as in the due table
    std::uint64_t token = 0;            ///< of the last claim
    std::uint64_t claimed_to = 0;       ///< last position of that claim
    int attempts = 0;                   ///< failures of its first message
    std::string key;
    std::string reason;
};

namespace {

constexpr time_point at_once = time_point::min();

std::string due_key(time_point due, std::uint64_t first, const std::string& lane) {
    return storage_key{}.time(due).number(first).text(lane).take();
}

std::string place_in_lane(const std::string& lane, std::uint64_t position) {
    return storage_key{}.text(lane).number(position).take();
}

std::string encoded(const outbox_message& m) {
    return record_writer{}.text(m.id).text(m.key).text(m.topic).text(m.body).text(m.headers).take();
}

outbox_message decoded_message(record_reader& r) {
    outbox_message m;
    m.id = r.text();
    m.key = r.text();
    m.topic = r.text();
    m.body = r.text();
    m.headers = r.text();
    return m;
}

} // namespace

void outbox_options::validate() const {
    constexpr option_check check{"outbox"};
    check(lease > duration::zero(), "lease", lease, "be above 0");
    check(max_keys >= 1, "max_keys", max_keys, "be at least 1");
    check(max_per_key >= 1, "max_per_key", max_per_key, "be at least 1");
    check(initial_backoff > duration::zero(), "initial_backoff", initial_backoff, "be above 0");
    check(max_backoff >= initial_backoff, "max_backoff", max_backoff,
          "not be below initial_backoff");
    check(jitter >= 0 && jitter <= 1, "jitter", jitter, "be from 0 to 1");
    check(max_attempts >= 0, "max_attempts", max_attempts, "not be negative");
}

outbox::outbox(storage& s, const outbox_options& options, std::string name)
    : storage_(s), options_(options), messages_(name + "/messages"), lanes_(name + "/lanes"),
      due_(name + "/due"), parked_(name + "/parked"), dead_(name + "/dead"),
      counters_(name + "/counters") {
    options_.validate();
}

void outbox::add(storage_transaction& t, const outbox_message& m) {
    if (m.id.empty())
        throw std::invalid_argument("outbox: a message has no id");
    const std::uint64_t position = count_up(t, "position");
    // A message without a key is alone in its lane; the first byte tells the two kinds apart.
    const std::string lane = m.key.empty() ? storage_key{}.text("m").number(position).take()
                                           : storage_key{}.text("k").text(m.key).take();
    t.put(messages_, place_in_lane(lane, position), encoded(m));
    lane_state s = load(t, lane);
    if (!s.is_new)
        return;
    s.key = m.key;
    s.first = position;
    schedule(t, lane, s, at_once);
    save(t, lane, s);
}

std::vector<claimed_message> outbox::claim(time_point now) {
    std::vector<claimed_message> out;
    const auto t = storage_.begin();
    const key_range ready{{}, storage_key{}.time(now).prefix().to};
    for (const auto& entry : t->scan(due_, ready, static_cast<std::size_t>(options_.max_keys))) {
        storage_key_reader r{entry.key};
        r.time();
        r.number();
        take_lane(*t, r.text(), now, out);
    }
    if (!out.empty())
        t->commit();
    return out;
}

void outbox::take_lane(storage_transaction& t, const std::string& lane, time_point now,
                       std::vector<claimed_message>& out) {
    lane_state s = load(t, lane);
    const auto found = t.scan(messages_, storage_key{}.text(lane).prefix(),
                              static_cast<std::size_t>(options_.max_per_key));
    if (s.is_new || found.empty())
        throw storage_error(storage_failure::corrupt, "outbox: a key without messages is due");
    s.token = count_up(t, "token");
    const time_point until = saturating_add(now, options_.lease);
    for (const auto& [place, record] : found) {
        storage_key_reader key{place};
        key.text();
        s.claimed_to = key.number();
        record_reader r{record};
        const int attempts = out.empty() || out.back().receipt.lane != lane ? s.attempts : 0;
        out.push_back({{lane, s.claimed_to, s.token}, decoded_message(r), attempts, until});
    }
    schedule(t, lane, s, until);
    save(t, lane, s);
}

std::size_t outbox::published(std::span<const outbox_receipt> receipts) {
    const auto t = storage_.begin();
    std::size_t count = 0;
    for (const auto& r : receipts)
        count += publish_one(*t, r) ? 1 : 0;
    if (count > 0)
        t->commit();
    return count;
}

bool outbox::publish_one(storage_transaction& t, const outbox_receipt& r) {
    lane_state s = load(t, r.lane);
    if (s.is_new || s.token != r.token)
        return false;
    const auto first = t.scan(messages_, storage_key{}.text(r.lane).prefix(), 1);
    const std::string place = place_in_lane(r.lane, r.position);
    if (first.empty() || first.front().key > place)
        return false;                              // marked before
    WINDTUNNEL_ASSERT(first.front().key == place); // published out of order
    t.erase(messages_, place);
    s.attempts = 0;
    s.reason.clear();
    if (r.position == s.claimed_to)
        leave(t, r.lane, s);
    else
        save(t, r.lane, s);
    return true;
}

bool outbox::failed(const outbox_receipt& r, const std::string& reason, time_point now, double u) {
    const auto t = storage_.begin();
    lane_state s = load(*t, r.lane);
    if (s.is_new || s.token != r.token)
        return false;
    s.token = count_up(*t, "token"); // nothing else of this claim counts
    s.reason = reason;
    ++s.attempts;
    if (options_.max_attempts > 0 && s.attempts >= options_.max_attempts) {
        exhaust(*t, r, s);
    } else {
        const duration wait = backoff_delay({.initial_backoff = options_.initial_backoff,
                                             .max_backoff = options_.max_backoff,
                                             .jitter = jitter_kind::proportional,
                                             .jitter_factor = options_.jitter},
                                            s.attempts, duration::zero(), u);
        schedule(*t, r.lane, s, saturating_add(now, wait));
        save(*t, r.lane, s);
    }
    t->commit();
    return true;
}

void outbox::exhaust(storage_transaction& t, const outbox_receipt& r, lane_state& s) {
    if (options_.when_exhausted == outbox_exhausted::park_key) {
        schedule(t, r.lane, s, never);
        save(t, r.lane, s);
        return;
    }
    const std::string place = place_in_lane(r.lane, r.position);
    const auto record = t.get(messages_, place);
    if (!record)
        throw storage_error(storage_failure::corrupt, "outbox: a claimed message is not there");
    t.put(dead_, storage_key{}.number(count_up(t, "dead")).take(),
          *record + record_writer{}.text(s.reason).take());
    t.erase(messages_, place);
    s.attempts = 0;
    s.reason.clear();
    leave(t, r.lane, s);
}

/// The end of a claim: with what is left, it may be claimed again; with nothing, it is gone.
void outbox::leave(storage_transaction& t, const std::string& lane, lane_state& s) {
    const auto rest = t.scan(messages_, storage_key{}.text(lane).prefix(), 1);
    if (!rest.empty()) {
        schedule(t, lane, s, at_once);
        save(t, lane, s);
        return;
    }
    t.erase(due_, due_key(s.due, s.first, lane));
    t.erase(lanes_, lane);
}

void outbox::give_back(std::span<const outbox_receipt> receipts) {
    const auto t = storage_.begin();
    for (const auto& r : receipts) {
        lane_state s = load(*t, r.lane);
        if (s.is_new || s.token != r.token)
            continue;
        s.token = count_up(*t, "token");
        leave(*t, r.lane, s);
    }
    t->commit();
}

void outbox::schedule(storage_transaction& t, const std::string& lane, lane_state& s,
                      time_point due) {
    if (!s.is_new)
        t.erase(s.due == never ? parked_ : due_, due_key(s.due, s.first, lane));
    s.is_new = false;
    const auto rest = t.scan(messages_, storage_key{}.text(lane).prefix(), 1);
    if (!rest.empty()) {
        storage_key_reader first{rest.front().key};
        first.text();
        s.first = first.number();
    }
    s.due = due;
    t.put(due == never ? parked_ : due_, due_key(due, s.first, lane), "");
}

std::vector<parked_key> outbox::parked(std::size_t limit) const {
    const auto t = storage_.begin_read();
    std::vector<parked_key> all;
    for (const auto& entry : t->scan(parked_, {}, limit)) {
        storage_key_reader r{entry.key};
        r.time();
        r.number();
        std::string lane = r.text();
        const lane_state s = load(*t, lane);
        all.push_back({std::move(lane), s.key, s.attempts, s.reason});
    }
    return all;
}

bool outbox::release(const std::string& lane, time_point now) {
    const auto t = storage_.begin();
    lane_state s = load(*t, lane);
    if (s.is_new || s.due != never)
        return false;
    s.attempts = 0;
    schedule(*t, lane, s, now);
    save(*t, lane, s);
    t->commit();
    return true;
}

std::vector<outbox_dead_letter> outbox::dead_letters(std::size_t limit) const {
    std::vector<outbox_dead_letter> all;
    for (const auto& entry : storage_.begin_read()->scan(dead_, {}, limit)) {
        record_reader r{entry.value};
        outbox_dead_letter d{decoded_message(r), {}};
        d.reason = r.text();
        all.push_back(std::move(d));
    }
    return all;
}

void outbox::erase_dead_letters(std::size_t count) {
    const auto t = storage_.begin();
    for (const auto& entry : t->scan(dead_, {}, count))
        t->erase(dead_, entry.key);
    t->commit();
}

time_point outbox::next_event() const {
    const auto first = storage_.begin_read()->scan(due_, {}, 1);
    return first.empty() ? never : storage_key_reader{first.front().key}.time();
}

std::size_t outbox::pending(std::size_t limit) const {
    return storage_.begin_read()->scan(messages_, {}, limit).size();
}

outbox::lane_state outbox::load(storage_transaction& t, const std::string& lane) const {
    lane_state s;
    const auto record = t.get(lanes_, lane);
    if (!record)
        return s;
    record_reader r{*record};
    s.is_new = false;
    s.due = r.time();
    s.first = r.number();
    s.token = r.number();
    s.claimed_to = r.number();
    s.attempts = static_cast<int>(r.number());
    s.key = r.text();
    s.reason = r.text();
    return s;
}

void outbox::save(storage_transaction& t, const std::string& lane, const lane_state& s) {
    t.put(lanes_, lane,
          record_writer{}
              .time(s.due)
              .number(s.first)
              .number(s.token)
              .number(s.claimed_to)
              .number(static_cast<std::uint64_t>(s.attempts))
              .text(s.key)
              .text(s.reason)
              .take());
}

std::uint64_t outbox::count_up(storage_transaction& t, std::string_view what) {
    const auto record = t.get(counters_, what);
    const std::uint64_t next = (record ? record_reader{*record}.number() : 0) + 1;
    t.put(counters_, what, record_writer{}.number(next).take());
    return next;
}

} // namespace windtunnel
