// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/memory_storage.hpp"

#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel {

class memory_storage::transaction final : public storage_transaction {
  public:
    transaction(memory_storage& owner, bool writes) : owner_(owner), writes_(writes) {
        if (owner.open_)
            throw storage_error(storage_failure::busy, "memory_storage: a transaction is open");
        owner.open_ = true;
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    ~transaction() override {
        if (!over_)
            roll_back();
    }

    std::optional<std::string> get(std::string_view name, std::string_view key) override {
        const table& all = reading(name);
        const auto found = all.find(key);
        return found == all.end() ? std::nullopt : std::optional{found->second};
    }

    void put(std::string_view name, std::string_view key, std::string_view value) override {
        table& all = writing(name);
        const auto place = all.lower_bound(key);
        if (place != all.end() && place->first == key) {
            undo_.push_back({&all, place->first, std::exchange(place->second, std::string{value})});
        } else {
            all.emplace_hint(place, key, value);
            undo_.push_back({&all, std::string{key}, std::nullopt});
        }
    }

    bool erase(std::string_view name, std::string_view key) override {
        table& all = writing(name);
        const auto found = all.find(key);
        if (found == all.end())
            return false;
        undo_.push_back({&all, found->first, std::move(found->second)});
        all.erase(found);
        return true;
    }

    std::vector<storage_entry> scan(std::string_view name, const key_range& range,
                                    std::size_t limit) override {
        const table& all = reading(name);
        std::vector<storage_entry> found;
        for (auto i = all.lower_bound(range.from); i != all.end() && found.size() < limit; ++i) {
            if (!range.to.empty() && i->first >= range.to)
                break;
            found.push_back({i->first, i->second});
        }
        return found;
    }

    std::optional<storage_entry> last(std::string_view name, const key_range& range) override {
        const table& all = reading(name);
        auto end = range.to.empty() ? all.end() : all.lower_bound(range.to);
        if (end == all.begin() || (--end)->first < range.from)
            return std::nullopt;
        return storage_entry{end->first, end->second};
    }

    void commit() override {
        WINDTUNNEL_ASSERT(!over_);
        close();
    }

  private:
    struct change {
        table* where;
        std::string key;
        std::optional<std::string> before;
    };

    const table& reading(std::string_view name) {
        WINDTUNNEL_ASSERT(!over_);
        return owner_.at(name);
    }
    table& writing(std::string_view name) {
        WINDTUNNEL_ASSERT(!over_ && writes_);
        return owner_.at(name);
    }
    void close() {
        over_ = true;
        owner_.open_ = false;
    }
    void roll_back() {
        for (; !undo_.empty(); undo_.pop_back()) {
            auto& [where, key, before] = undo_.back();
            if (before)
                where->insert_or_assign(std::move(key), *std::move(before));
            else
                where->erase(key);
        }
        close();
    }

    memory_storage& owner_;
    bool writes_;
    bool over_ = false;
    std::vector<change> undo_;
};

memory_storage::table& memory_storage::at(std::string_view name) {
    const auto found = tables_.find(name);
    return found != tables_.end() ? found->second : tables_[std::string{name}];
}

std::unique_ptr<storage_transaction> memory_storage::begin() {
    return std::make_unique<transaction>(*this, true);
}

std::unique_ptr<storage_transaction> memory_storage::begin_read() {
    return std::make_unique<transaction>(*this, false);
}

std::size_t memory_storage::entries() const {
    std::size_t all = 0;
    for (const auto& [name, entries] : tables_)
        all += entries.size();
    return all;
}

} // namespace windtunnel
