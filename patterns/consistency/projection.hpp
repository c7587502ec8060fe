// SPDX-License-Identifier: BSL-1.0
// A view of events for reading (CQRS): what they come to, kept up to date after them. A batch of
// events, the rows that they change and how far the view is are one transaction, so each event is
// in the view once, whoever dies when. A rebuild makes a new generation from the first event on,
// while the old one is read and kept up, and takes its place when it has caught up: in one
// transaction, so nobody reads half of one.
// A view is behind its events by lag(): readers must bear that, or wait for a position.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "patterns/consistency/event_store.hpp"

namespace windtunnel {

/// The rows of one generation, within a transaction that must outlive it.
class projection_view {
  public:
    projection_view(storage_transaction& t, std::string table) : t_(&t), table_(std::move(table)) {}

    std::optional<std::string> get(std::string_view key) const { return t_->get(table_, key); }
    void put(std::string_view key, std::string_view value) { t_->put(table_, key, value); }
    bool erase(std::string_view key) { return t_->erase(table_, key); }
    std::vector<storage_entry> scan(const key_range& range, std::size_t limit) const {
        return t_->scan(table_, range, limit);
    }

  private:
    storage_transaction* t_;
    std::string table_;
};

struct projection_definition {
    std::string name{}; ///< not empty; of its tables
    /// Of `apply`: when it is another one than what the view was made with, the view is rebuilt.
    std::uint32_t version = 1;
    /// Changes the view by an event. It may look at nothing else and do nothing else, or a rebuild
    /// would come to something else, or do it again.
    std::function<void(projection_view&, const recorded_event&)> apply{};
};

struct projection_progress {
    std::uint64_t position = 0; ///< of the last event in the view that is read
    std::uint64_t head = 0;     ///< of the last event there is
    bool rebuilding = false;
    std::uint64_t rebuilt = 0; ///< of the last event in the new generation
    std::uint32_t version = 0; ///< of the view that is read; 0: there is none yet

    std::uint64_t lag() const { return head - position; } ///< events
};

/// As thread-safe as its storage: not. Must not outlive its store. View and events are in one
/// storage. Errors: std::invalid_argument for a definition that lacks something; storage_error.
class projection {
  public:
    projection(event_store& events, projection_definition definition);

    /// Applies at most `limit` (at least 1) events, and as many to the new generation where there
    /// is one. How many it applied: go on while it is above 0.
    std::size_t run(std::size_t limit);
    /// The next run() begins a new generation, anew if there is one.
    void rebuild();
    projection_progress progress() const;

    /// What is to be read.
    projection_view view(storage_transaction& t) const;
    /// Erases at most `limit` rows of generations that are over; how many it erased.
    std::size_t purge(std::size_t limit);

  private:
    struct generation {
        std::uint64_t number = 0; ///< 0: none
        std::uint64_t position = 0;
        std::uint32_t version = 0;

        friend bool operator==(const generation&, const generation&) = default;
    };
    struct both {
        generation live;
        generation next;
        std::uint64_t last_number = 0;

        friend bool operator==(const both&, const both&) = default;
    };

    both load(storage_transaction& t) const;
    void save(storage_transaction& t, const both& b);
    void begin_generation(storage_transaction& t, both& b);
    void retire(storage_transaction& t, const generation& g);
    std::size_t advance(storage_transaction& t, generation& g, std::size_t limit);
    std::string table_of(std::uint64_t number) const;

    event_store& events_;
    projection_definition definition_;
    std::string state_, old_; ///< names of tables
};

} // namespace windtunnel
