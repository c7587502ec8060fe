// SPDX-License-Identifier: BSL-1.0
// A saga without a coordinator: a service reacts to events with changes of its own and with further
// events, all in one transaction: the event is noted in the inbox, what it causes is in the outbox.
// Events carry a correlation (which saga), a version of their aggregate and a number of hops. What
// came before is a duplicate; an older version is stale; one with a gap before it waits until the
// gap is filled; one that has come too far is refused: somewhere there is a circle. Nobody sees
// that nothing happens, so expectations have a watchdog.
// Comparisons: an expectation is overdue at >= its instant.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "patterns/consistency/inbox.hpp"
#include "patterns/consistency/outbox.hpp"

namespace windtunnel {

struct choreography_event {
    std::string id{}; ///< unique, not empty
    std::string type{};
    std::string correlation{};
    std::string aggregate{};   ///< whose event it is: the key of its order
    std::uint64_t version = 0; ///< of the aggregate, from 1; 0: its order does not matter
    int hops = 0;
    std::string body{};

    friend bool operator==(const choreography_event&, const choreography_event&) = default;
};

/// How an event goes through an outbox and comes out at the other side. The topic is its type.
outbox_message message_of(const choreography_event& e);
/// Throws storage_error (corrupt) for a message that message_of did not make.
choreography_event event_of(const outbox_message& m);

/// What a reaction brings about: id, correlation, version and hops are given to it.
struct choreography_effect {
    std::string type{};
    std::string aggregate{}; ///< of this service
    std::string body{};
};

enum class choreography_status : std::uint8_t {
    handled,   ///< with what waited behind it
    duplicate, ///< handled before
    stale,     ///< of a version that is past
    waiting,   ///< for the versions before it
    refused,   ///< it has come over more than max_hops
};
std::string_view to_string(choreography_status status);

struct overdue_expectation {
    std::string correlation{};
    std::string what{};

    friend bool operator==(const overdue_expectation&, const overdue_expectation&) = default;
};

/// As thread-safe as its storage: not. Inbox and outbox are in the same storage.
class choreography {
  public:
    using reaction = std::function<std::vector<choreography_effect>(storage_transaction&,
                                                                    const choreography_event&)>;

    /// max_hops: at least 1, else std::invalid_argument. 16: twice what the longest of the field's
    /// examples takes, our own.
    choreography(storage& s, inbox& in, outbox& out, std::string service, int max_hops = 16);

    /// Throws std::invalid_argument where the type has a reaction. Events without one are noted.
    void on(const std::string& type, reaction r);

    /// Begins a saga, in the transaction of what caused it. The id must be unique.
    void emit(storage_transaction& t, const std::string& correlation, const std::string& id,
              const choreography_effect& e);
    /// All or nothing, in a transaction of its own.
    choreography_status handle(const choreography_event& e, time_point now);

    /// Something must happen by then; the same `what` again moves it.
    void expect(storage_transaction& t, const std::string& correlation, const std::string& what,
                time_point by);
    /// It has happened. False where it was not expected.
    bool met(storage_transaction& t, const std::string& correlation, const std::string& what);
    /// Takes at most `limit` that are overdue; let each cause an event in the same transaction.
    std::vector<overdue_expectation> overdue(storage_transaction& t, time_point now,
                                             std::size_t limit);
    /// When to ask for what is overdue; `never`: nothing is expected.
    time_point next_event() const;

    /// What this service handled and emitted for a saga, in order: "handled paid", "emitted
    /// shipped".
    std::vector<std::string> history(const std::string& correlation) const;
    /// Events that wait for a gap to be filled, at most `limit`.
    std::vector<choreography_event> waiting(std::size_t limit) const;

  private:
    void react(storage_transaction& t, const choreography_event& e);
    void handle_waiting(storage_transaction& t, const std::string& aggregate);
    void send(storage_transaction& t, choreography_event e);
    std::uint64_t counter(storage_transaction& t, const std::string& key) const;
    void set_counter(storage_transaction& t, const std::string& key, std::uint64_t value);
    void note(storage_transaction& t, const std::string& correlation, const std::string& text);

    storage& storage_;
    inbox& inbox_;
    outbox& outbox_;
    std::string service_;
    int max_hops_;
    std::map<std::string, reaction> reactions_;
    std::string counters_, waiting_, expected_, due_, notes_; ///< names of tables
};

} // namespace windtunnel
