// SPDX-License-Identifier: BSL-1.0
// Streams of events that are only ever added to, in one order of all. An append says what version
// the stream must have (optimistic concurrency), so of several that decided on the same version one
// goes in and the others decide anew. Appending again what is there, by the ids of its events,
// changes nothing and succeeds, whatever version is expected.
// Positions are given within the transaction that appends, so their order is that of commits: a
// reader that has seen position n never misses one below it.
// Costs: an append O(log n) an event, reading O(log n) an event, version_at O(log^2 n).
// Errors: bad arguments std::invalid_argument; of the storage, storage_error; others are results.
#pragma once

#include <span>
#include <string>

#include "patterns/consistency/event.hpp"
#include "patterns/consistency/storage.hpp"
#include "patterns/consistency/upcaster.hpp"

namespace windtunnel {

/// As thread-safe as its storage: not. What takes a transaction works in that one and leaves it
/// open; what takes none makes one of its own.
class event_store {
  public:
    /// `name`: of its tables, so that one storage may hold several. Old events are read through
    /// `old`, which is checked.
    explicit event_store(storage& s, std::string name = "events", upcaster old = {});

    /// All of the events or none. Neither stream nor events nor their types may be empty, no id may
    /// be there twice, schemas begin with 1.
    event_append append(storage_transaction& t, const std::string& stream,
                        std::span<const event_data> events, expected_version expected,
                        time_point now);
    event_append append(const std::string& stream, std::span<const event_data> events,
                        expected_version expected, time_point now);

    std::vector<recorded_event> read(storage_transaction& t, const std::string& stream,
                                     const event_range& which = {}) const;
    std::vector<recorded_event> read(const std::string& stream,
                                     const event_range& which = {}) const;
    /// Of all streams, after a position.
    std::vector<recorded_event> read_all(storage_transaction& t, std::uint64_t after,
                                         std::size_t limit) const;
    std::vector<recorded_event> read_all(std::uint64_t after, std::size_t limit) const;

    /// 0: no such stream.
    std::uint64_t version(storage_transaction& t, const std::string& stream) const;
    std::uint64_t version(const std::string& stream) const;
    /// Its version when it was `at`: what was recorded at that very instant belongs to it.
    std::uint64_t version_at(storage_transaction& t, const std::string& stream,
                             time_point at) const;
    std::uint64_t version_at(const std::string& stream, time_point at) const;
    /// The position of the last event of all; 0: there is none.
    std::uint64_t head(storage_transaction& t) const;
    std::uint64_t head() const;

    /// Keeps it, unless a later one of the same schema is there. Its version must be there.
    void save_snapshot(storage_transaction& t, const std::string& stream, const event_snapshot& s);
    void save_snapshot(const std::string& stream, const event_snapshot& s);
    /// The one of that schema, if there is one.
    std::optional<event_snapshot> snapshot(storage_transaction& t, const std::string& stream,
                                           std::uint32_t schema) const;
    void discard_snapshot(storage_transaction& t, const std::string& stream);

    /// Ends a stream for good: bodies, metadata and snapshot are gone, the events' places stay, so
    /// that those who count positions find no gap. False where there is no such stream. What was
    /// erased may be in backups, and in the file until SQLite has used its pages again: where the
    /// law asks for more, encrypt bodies with a key for each person, and destroy the key.
    bool erase_stream(storage_transaction& t, const std::string& stream);

    storage& where() const { return storage_; }

  private:
    struct stream_head {
        std::uint64_t version = 0;
        bool erased = false;
    };
    struct store_head {
        std::uint64_t position = 0;
        time_point time = time_point::min();
    };

    stream_head head_of(storage_transaction& t, const std::string& stream) const;
    store_head head_of_all(storage_transaction& t) const;
    std::optional<event_append> known(storage_transaction& t, const std::string& stream,
                                      std::span<const event_data> events,
                                      std::uint64_t version) const;
    void write(storage_transaction& t, recorded_event e);
    std::uint64_t position_of(storage_transaction& t, const std::string& stream,
                              std::uint64_t version) const;
    recorded_event at_position(storage_transaction& t, std::uint64_t position) const;
    recorded_event decode(std::uint64_t position, std::string_view record) const;

    storage& storage_;
    upcaster upcast_;
    std::string events_, streams_, heads_, ids_, snapshots_; ///< names of tables
};

} // namespace windtunnel
