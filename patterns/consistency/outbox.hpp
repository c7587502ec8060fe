// SPDX-License-Identifier: BSL-1.0
// Messages that are written in the transaction of the change that they tell of, and published
// afterwards: no change without its message, no message without its change. Published at least
// once: a relay that dies between publishing and marking makes it happen again, so consumers need
// an inbox. In order within a key: of each key the messages go to one relay at a time, and the
// first that fails holds the others up (or parks the key, or goes to the dead letters).
// Claims are leases with a fencing token: a relay that lost its lease to another one marks nothing
// any more. Until somebody else has the key, a late mark counts: it is one duplicate less.
// Comparisons: a lease ends, a back-off is over, at >= its instant. Cap first, then jitter.
// Costs: O(log n) a message; a key that waits costs nothing while others are claimed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/consistency/storage.hpp"

namespace windtunnel {

struct outbox_message {
    std::string id{};    ///< what an inbox knows it by: unique, not empty
    std::string key{};   ///< order is kept within a key; empty: it waits for none and none for it
    std::string topic{}; ///< where to
    std::string body{};
    std::string headers{}; ///< any bytes: correlation, trace context

    friend bool operator==(const outbox_message&, const outbox_message&) = default;
};

enum class outbox_exhausted : std::uint8_t {
    park_key,    ///< order comes first: the key waits for an operator
    dead_letter, ///< the others come first: the message is set aside
};

struct outbox_options {
    /// How long a claim lasts, above 0; longer than publishing all of it takes. 30 s: as long as a
    /// message is hidden in Amazon SQS.
    duration lease = std::chrono::seconds{30};
    int max_keys = 100;    ///< a claim, at least 1: the page of Eventuate's polling publisher
    int max_per_key = 100; ///< messages of one key a claim, at least 1
    /// Of a message that fails, doubling: 100 ms to 1 s are Kafka's retry.backoff.ms and its
    /// maximum; a broker that is down is not back within that, so up to a minute here.
    duration initial_backoff = std::chrono::milliseconds{100};
    duration max_backoff = std::chrono::minutes{1};
    double jitter = 0.2;  ///< Kafka: up to so much longer or shorter; 0 to 1
    int max_attempts = 0; ///< failures of one message; 0: no limit, as Kafka's producer
    outbox_exhausted when_exhausted = outbox_exhausted::park_key;

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// The place of a message under a claim.
struct outbox_receipt {
    std::string lane{}; ///< of the key
    std::uint64_t position = 0;
    std::uint64_t token = 0;
};

struct claimed_message {
    outbox_receipt receipt{};
    outbox_message message{};
    int attempts = 0; ///< failures before
    time_point lease_ends{};
};

struct parked_key {
    std::string lane{}; ///< for release()
    std::string key{};
    int attempts = 0;
    std::string reason{}; ///< of the last failure
};

struct outbox_dead_letter {
    outbox_message message{};
    std::string reason{};
};

/// As thread-safe as its storage: not. Relays in several processes share a file.
class outbox {
  public:
    /// `name`: of its tables.
    explicit outbox(storage& s, const outbox_options& options = {}, std::string name = "outbox");

    /// In the transaction of the change. Throws std::invalid_argument for a message without an id.
    void add(storage_transaction& t, const outbox_message& m);

    /// Messages of at most max_keys keys, for this caller alone until the lease ends; those of one
    /// key one after the other. Publish them in this order, of each key only when the one before
    /// is published.
    std::vector<claimed_message> claim(time_point now);
    /// They are gone; of one key they are in order. How many: not those under an old token.
    std::size_t published(std::span<const outbox_receipt> receipts);
    /// It waits for the back-off with all behind it: forget what else is claimed of its key. `u`:
    /// uniform in [0, 1). False where the token is old.
    bool failed(const outbox_receipt& r, const std::string& reason, time_point now, double u);
    /// Gives keys back whose messages were not published, at once.
    void give_back(std::span<const outbox_receipt> receipts);

    std::vector<parked_key> parked(std::size_t limit) const;
    /// An operator says: try again. False where it is not parked.
    bool release(const std::string& lane, time_point now);
    std::vector<outbox_dead_letter> dead_letters(std::size_t limit) const;
    /// Takes the first `count` of them away.
    void erase_dead_letters(std::size_t count);

    /// When there may be something to claim; `never`: nothing waits, but for parked keys.
    time_point next_event() const;
    std::size_t pending(std::size_t limit) const; ///< messages that wait, counted up to the limit
    const outbox_options& options() const { return options_; }

  private:
    struct lane_state;

    lane_state load(storage_transaction& t, const std::string& lane) const;
    void save(storage_transaction& t, const std::string& lane, const lane_state& s);
    std::uint64_t count_up(storage_transaction& t, std::string_view what);
    void schedule(storage_transaction& t, const std::string& lane, lane_state& s, time_point due);
    void leave(storage_transaction& t, const std::string& lane, lane_state& s);
    bool publish_one(storage_transaction& t, const outbox_receipt& r);
    void exhaust(storage_transaction& t, const outbox_receipt& r, lane_state& s);
    void take_lane(storage_transaction& t, const std::string& lane, time_point now,
                   std::vector<claimed_message>& out);

    storage& storage_;
    outbox_options options_;
    std::string messages_, lanes_, due_, parked_, dead_, counters_; ///< names of tables
};

} // namespace windtunnel
