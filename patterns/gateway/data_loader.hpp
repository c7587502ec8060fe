// SPDX-License-Identifier: BSL-1.0
// Gathers what resolvers ask for by key into batches (DataLoader of graphql-js), against N + 1
// calls. For one request of a user: what was loaded is kept for as long as the loader lives, also
// its failures. A key is in one batch only. A batch leaves when it is full, or when its window is
// over (>=); a window of 0 is the caller's tick: it calls flush(). Sans I/O: batches are given out
// and their results brought back; waiters are told in the order in which they asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

struct data_loader_options {
    int max_batch = 100; ///< keys, 1 to 100000; DataLoader: no bound; ours: as most list APIs
    duration window{};   ///< from the first key of a batch; 0: until flush()

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const {
        const option_check check{"data_loader"};
        check(max_batch >= 1 && max_batch <= 100'000, "max_batch", max_batch, "be 1 to 100000");
        check(window >= duration::zero(), "window", window, "be at least 0");
    }
    friend bool operator==(const data_loader_options&, const data_loader_options&) = default;
};

struct data_loader_metrics {
    std::uint64_t asked = 0;
    std::uint64_t cached = 0; ///< answered at once
    std::uint64_t joined = 0; ///< asked for a key that was already on its way
    std::uint64_t batches = 0;
    std::uint64_t keys = 0; ///< in batches
};

/// `Key` is ordered. `Value` may be an outcome; a key without a value has failed by itself.
template <class Key, class Value>
class data_loader {
  public:
    using waiter = std::uint64_t; ///< of the caller's choice
    struct batch {
        std::uint64_t id = 0;
        std::vector<Key> keys; ///< each once, in the order in which they were first asked for
    };
    struct told {
        waiter who;
        const Value* value; ///< null: this key failed; valid until clear()
    };
    enum class answer : std::uint8_t { found, failed, waiting };
    struct loaded {
        answer state;
        const Value* value; ///< where found
    };

    explicit data_loader(const data_loader_options& options = {}) : options_(options) {
        options_.validate();
    }

    /// Found or failed at once where it is known, else `who` is told later.
    loaded load(const Key& key, waiter who, time_point now) {
        ++metrics_.asked;
        const auto [place, added] = entries_.try_emplace(key);
        auto& e = place->second;
        if (e.settled) {
            ++metrics_.cached;
            return {e.value ? answer::found : answer::failed, e.value ? &*e.value : nullptr};
        }
        e.waiters.emplace_back(next_++, who);
        if (added) {
            if (pending_.empty())
                opened_ = now;
            pending_.push_back(key);
        } else {
            ++metrics_.joined;
        }
        return {answer::waiting, nullptr};
    }

    /// A full batch, or one whose window is over; call until it gives none.
    std::optional<batch> take(time_point now) {
        const bool full = pending_.size() >= static_cast<std::size_t>(options_.max_batch);
        const bool over = options_.window > duration::zero() && now >= next_deadline();
        return !pending_.empty() && (full || over) ? std::optional{cut()} : std::nullopt;
    }

    /// The tick is over: what is left, at most max_batch of it; call until it gives none.
    std::optional<batch> flush() { return pending_.empty() ? std::nullopt : std::optional{cut()}; }

    /// `never` where nothing waits or the window is the caller's tick.
    time_point next_deadline() const {
        return pending_.empty() || options_.window == duration::zero()
                   ? never
                   : saturating_add(opened_, options_.window);
    }

    /// One value for each key of the batch, in its order; fewer: the rest has failed. A batch that
    /// is not under way changes nothing.
    std::vector<told> finished(std::uint64_t id, std::vector<std::optional<Value>> values) {
        std::vector<std::pair<std::uint64_t, told>> all;
        const auto found = under_way_.find(id);
        if (found == under_way_.end())
            return {};
        values.resize(found->second.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto& e = entries_.at(found->second[i]);
            e.settled = true;
            e.value = std::move(values[i]);
            for (const auto& [order, who] : e.waiters)
                all.push_back({order, {who, e.value ? &*e.value : nullptr}});
            e.waiters.clear();
        }
        under_way_.erase(found);
        return in_order(std::move(all));
    }

    /// Forgets a key that is known, so that it is asked for anew (after a write).
    void clear(const Key& key) {
        if (const auto found = entries_.find(key); found != entries_.end() && found->second.settled)
            entries_.erase(found);
    }

    std::size_t pending() const { return pending_.size(); }
    const data_loader_metrics& metrics() const { return metrics_; }

  private:
    struct entry {
        bool settled = false;
        std::optional<Value> value;
        std::vector<std::pair<std::uint64_t, waiter>> waiters; ///< with the order of asking
    };

    batch cut() {
        const auto size = std::min(pending_.size(), static_cast<std::size_t>(options_.max_batch));
        const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(size);
        batch made{++metrics_.batches, {pending_.begin(), end}};
        pending_.erase(pending_.begin(), end);
        metrics_.keys += size;
        under_way_.emplace(made.id, made.keys);
        return made;
    }

    static std::vector<told> in_order(std::vector<std::pair<std::uint64_t, told>> all) {
        std::sort(all.begin(), all.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        std::vector<told> result;
        for (auto& [order, entry] : all)
            result.push_back(entry);
        return result;
    }

    data_loader_options options_;
    std::map<Key, entry> entries_;
    std::vector<Key> pending_;
    std::map<std::uint64_t, std::vector<Key>> under_way_;
    time_point opened_{};
    std::uint64_t next_ = 0;
    data_loader_metrics metrics_;
};

} // namespace windtunnel
