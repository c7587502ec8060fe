// SPDX-License-Identifier: BSL-1.0
// Runs sagas: says which commands to send, takes the answers, and writes each down before it acts
// on it. When it dies, wherever, another one made on the same storage goes on: what was awaited is
// sent again under the same key. So every action and compensation must be idempotent by that key,
// and a compensation that comes before its action must keep it from being done: saga_participant.
// Invariant: what commands() gave out is in the log; what an answer said is in the log when
// answer() returns. One orchestrator a log: two at once would both send.
// Errors: bad arguments std::invalid_argument; of the storage, storage_error, and then nothing has
// changed, here neither; but after storage_failure::unknown make a new orchestrator.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "patterns/consistency/saga_log.hpp"

namespace windtunnel {

struct saga_command {
    std::string saga{};
    std::string step{};
    std::string command{}; ///< the step's name, or that of its compensation
    saga_direction direction = saga_direction::action;
    int attempt = 1;
    std::string key{};      ///< of all attempts at this action or compensation
    time_point answer_by{}; ///< from then on its outcome is unknown
};

struct saga_answer {
    std::string saga{};
    std::string step{};
    saga_direction direction = saga_direction::action;
    int attempt = 1;
    saga_result result = saga_result::done;
    std::string data{}; ///< any bytes; of a failure: why
};

struct parked_step {
    std::string saga{};
    std::string step{};
    saga_direction direction = saga_direction::action;
    std::string reason{};
};

struct saga_metrics {
    std::uint64_t started = 0;
    std::uint64_t completed = 0;
    std::uint64_t compensated = 0;
    std::uint64_t failed = 0;
    std::uint64_t late_answers = 0;
};

/// Not thread-safe, neither copied nor moved; must not outlive its storage. `now` never goes back.
class saga_orchestrator {
  public:
    /// Goes on with what the log has, as of `now`. Throws std::invalid_argument for options or
    /// definitions that cannot work, for two of one name, and where the log has a saga of a
    /// definition that is not given, or of other steps.
    saga_orchestrator(storage& s, std::vector<saga_definition> definitions,
                      const saga_options& options, time_point now, std::string name = "sagas");
    saga_orchestrator(const saga_orchestrator&) = delete;
    saga_orchestrator& operator=(const saga_orchestrator&) = delete;

    /// False where there is one of that id, over or not. From `deadline` on it is turned back as
    /// long as it can be.
    bool start(const std::string& id, const std::string& definition, std::string input,
               time_point now, time_point deadline = never);
    /// What to send now. Call it after each start and answer, and at next_event().
    std::vector<saga_command> commands(time_point now, random_stream& chance);
    /// False where it changes nothing: late, twice, of an unknown saga or step.
    bool answer(const saga_answer& a, time_point now, random_stream& chance);
    /// Turns it back, if it still can be. False where it is over or was cancelled before.
    bool cancel(const std::string& id, std::string reason, time_point now);

    /// What waits for an operator.
    std::vector<parked_step> parked() const;
    /// An operator's word on a parked step: done (by hand), unknown (try again), or failed (of a
    /// pivot only: it is certain that it never will be done). False where it is not parked, or
    /// that cannot be said of it.
    bool resolve(const std::string& id, const std::string& step, saga_result how, std::string note,
                 time_point now);
    /// An operator ends a saga with a parked step as `failed`.
    bool give_up(const std::string& id, std::string note, time_point now);

    /// When to call commands() again if nothing else happens.
    time_point next_event() const;
    /// Those that are not over; null: none.
    const saga_instance* find(const std::string& id) const;
    std::size_t active() const { return sagas_.size(); }
    /// Also of those that are over.
    std::vector<saga_record> history(const std::string& id) const;
    /// The state of any; none where there is no such saga.
    std::optional<saga_state> state(const std::string& id) const;
    /// Erases the history of one that is over; its id may then be used again.
    bool forget(const std::string& id);
    const saga_metrics& metrics() const { return metrics_; }

  private:
    struct running {
        saga_instance instance;
        std::uint64_t records = 0;
        time_point due = time_point::min();
    };
    using saga_map = std::map<std::string, running>;

    /// Changes to one saga, which become real when they are committed.
    struct draft {
        saga_map::iterator where;
        running after;
    };

    void recover(time_point now);
    void write(storage_transaction& t, const std::string& id, running& r, const saga_record& what);
    void advance(storage_transaction& t, draft& d, std::vector<saga_command>& out, time_point now,
                 random_stream& chance);
    bool change(const std::string& id, const saga_record& what);
    void keep(draft&& d);
    void schedule(saga_map::iterator i, time_point due);
    saga_command command_of(const std::string& id, const saga_instance& s,
                            const saga_record& sent) const;

    storage& storage_;
    saga_log log_;
    saga_options options_;
    std::map<std::string, saga_definition> definitions_;
    saga_map sagas_;
    std::set<std::pair<time_point, std::string>> due_;
    saga_metrics metrics_;
};

} // namespace windtunnel
