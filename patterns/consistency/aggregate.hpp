// SPDX-License-Identifier: BSL-1.0
// A thing whose state is what its events come to. `load` takes the snapshot, where there is one,
// and the events since; `execute` loads, lets the caller decide, and appends what was decided, with
// the version that it was decided on: who was overtaken loads and decides anew, a bounded number of
// times. The state type is default-constructible: what it is before its first event.
#pragma once

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "patterns/consistency/event_store.hpp"

namespace windtunnel {

template <class State>
struct aggregate_definition {
    /// Applies an event that has happened: it may not refuse, and does nothing else. Erased events
    /// are not shown to it.
    std::function<void(State&, const recorded_event&)> apply;
    /// Both or neither: for snapshots. The bytes are those that `restore` understands.
    std::function<std::string(const State&)> save;
    std::function<State(std::string_view)> restore;
    std::uint32_t snapshot_schema = 1; ///< raise it when the state or `apply` changes
    std::uint64_t snapshot_every = 0;  ///< events; 0: execute() saves none
    /// Of execute(), the first included; at least 1. The conflicts of three in a row say that the
    /// stream is too hot for this: our own.
    int max_attempts = 3;
};

template <class State>
struct loaded_aggregate {
    State state{};
    std::uint64_t version = 0;  ///< 0: there is none yet
    std::uint64_t replayed = 0; ///< events that were applied: those since the snapshot
};

enum class execute_status : std::uint8_t {
    appended,
    unchanged, ///< nothing was decided
    conflict,  ///< overtaken in each attempt
    refused,   ///< by the store: another conflict than of versions, `append` says which
};

struct execute_result {
    execute_status status = execute_status::unchanged;
    event_append append;
    int attempts = 0;
};

template <class State>
class aggregate_repository {
  public:
    /// What it decides on the state: new events, or none. May be called several times.
    using decision = std::function<std::vector<event_data>(const loaded_aggregate<State>&)>;

    /// Throws std::invalid_argument for a definition that lacks something.
    aggregate_repository(event_store& store, aggregate_definition<State> definition)
        : store_(store), definition_(std::move(definition)) {
        if (!definition_.apply)
            throw std::invalid_argument("aggregate: apply is not there");
        if (!definition_.save != !definition_.restore)
            throw std::invalid_argument("aggregate: save and restore belong together");
        if (definition_.snapshot_every > 0 && !definition_.save)
            throw std::invalid_argument("aggregate: snapshot_every needs save and restore");
        if (definition_.max_attempts < 1)
            throw std::invalid_argument("aggregate: max_attempts must be at least 1");
    }

    loaded_aggregate<State> load(storage_transaction& t, const std::string& stream) const {
        return load_as_of(t, stream, ~std::uint64_t{0});
    }
    loaded_aggregate<State> load(const std::string& stream) const {
        return load(*store_.where().begin_read(), stream);
    }
    /// As it was after that event.
    loaded_aggregate<State> load_as_of(storage_transaction& t, const std::string& stream,
                                       std::uint64_t version) const {
        loaded_aggregate<State> a;
        if (definition_.restore) {
            const auto s = store_.snapshot(t, stream, definition_.snapshot_schema);
            if (s && s->version <= version)
                a = {definition_.restore(s->state), s->version, 0};
        }
        return replay(t, stream, std::move(a), version);
    }
    loaded_aggregate<State> load_as_of(const std::string& stream, std::uint64_t version) const {
        return load_as_of(*store_.where().begin_read(), stream, version);
    }
    /// As it was at that instant, what was recorded at it included.
    loaded_aggregate<State> load_as_of(const std::string& stream, time_point at) const {
        const auto t = store_.where().begin_read();
        return load_as_of(*t, stream, store_.version_at(*t, stream, at));
    }

    /// `also`, if there is one, runs in the transaction that appends, after the append: an outbox
    /// is written there.
    execute_result execute(const std::string& stream, const decision& decide, time_point now,
                           const std::function<void(storage_transaction&)>& also = {}) const {
        execute_result r;
        while (r.attempts < definition_.max_attempts) {
            ++r.attempts;
            const auto before = load(stream);
            const auto events = decide(before);
            if (events.empty())
                return {execute_status::unchanged, {}, r.attempts};
            const auto t = store_.where().begin();
            r.append =
                store_.append(*t, stream, events, expected_version::exactly(before.version), now);
            if (r.append.ok()) {
                finish(*t, stream, before, r.append, also);
                t->commit();
                r.status = execute_status::appended;
                return r;
            }
            r.status = execute_status::refused;
            if (r.append.status != event_append_status::wrong_version)
                return r;
        }
        r.status = execute_status::conflict;
        return r;
    }

  private:
    static constexpr std::size_t page = 1000; ///< events read at once

    loaded_aggregate<State> replay(storage_transaction& t, const std::string& stream,
                                   loaded_aggregate<State> a, std::uint64_t last) const {
        for (;;) {
            const auto events = store_.read(t, stream, {a.version + 1, last, page});
            for (const auto& e : events)
                if (!e.erased)
                    definition_.apply(a.state, e);
            a.replayed += events.size();
            if (!events.empty())
                a.version = events.back().version;
            if (events.size() < page)
                return a;
        }
    }

    void finish(storage_transaction& t, const std::string& stream,
                const loaded_aggregate<State>& before, const event_append& append,
                const std::function<void(storage_transaction&)>& also) const {
        if (append.status == event_append_status::already_appended)
            return; // so `also` has run
        if (also)
            also(t);
        const std::uint64_t every = definition_.snapshot_every;
        if (every == 0 || before.version / every == append.version / every)
            return;
        const auto after = load(t, stream);
        store_.save_snapshot(
            t, stream, {after.version, definition_.snapshot_schema, definition_.save(after.state)});
    }

    event_store& store_;
    aggregate_definition<State> definition_;
};

} // namespace windtunnel
