// SPDX-License-Identifier: BSL-1.0
// The two storages, for tests that run on both, and one that dies at a commit.
#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "patterns/consistency/memory_storage.hpp"
#include "patterns/consistency/sqlite/sqlite_storage.hpp"
#include "support/files.hpp"

namespace windtunnel::test {

inline constexpr time_point at_start{std::chrono::hours{1}};

struct in_memory {
    memory_storage kept;

    storage& get() { return kept; }
    void restart() {} ///< the memory stands for what survives
};

/// Without waiting for the disk, which only a power failure would notice.
struct in_sqlite {
    scratch_folder folder;
    std::unique_ptr<sqlite_storage> kept = (copy_of_empty(), open());

    /// Making the tables waits for the disk: once for all tests.
    void copy_of_empty() const {
        static const scratch_folder made;
        if (!std::filesystem::exists(made.file("empty.db")))
            sqlite_storage{{.file = made.file("empty.db")}};
        std::filesystem::copy_file(made.file("empty.db"), folder.file("test.db"));
    }
    std::unique_ptr<sqlite_storage> open() const {
        auto s = std::make_unique<sqlite_storage>(sqlite_options{.file = folder.file("test.db")});
        sqlite3_exec(s->handle(), "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
        return s;
    }
    storage& get() { return *kept; }
    void restart() { // the old connection goes first, as that of a process that died
        kept.reset();
        kept = open();
    }
};

/// What a process throws that dies.
struct crash {};

/// Dies at its n-th commit: before it, so that it has not happened, or after it, so that it has.
class mortal_storage final : public storage {
  public:
    explicit mortal_storage(storage& inner) : inner_(inner) {}

    /// 0: never.
    void die_at(int commit, bool after) {
        left_ = commit;
        after_ = after;
    }
    int commits() const { return commits_; }

    std::unique_ptr<storage_transaction> begin() override {
        return std::make_unique<transaction>(*this, inner_.begin());
    }
    std::unique_ptr<storage_transaction> begin_read() override { return inner_.begin_read(); }

  private:
    class transaction final : public storage_transaction {
      public:
        transaction(mortal_storage& o, std::unique_ptr<storage_transaction> inner)
            : owner_(o), inner_(std::move(inner)) {}
        std::optional<std::string> get(std::string_view table, std::string_view key) override {
            return inner_->get(table, key);
        }
        void put(std::string_view table, std::string_view key, std::string_view value) override {
            inner_->put(table, key, value);
        }
        bool erase(std::string_view table, std::string_view key) override {
            return inner_->erase(table, key);
        }
        std::vector<storage_entry> scan(std::string_view table, const key_range& range,
                                        std::size_t limit) override {
            return inner_->scan(table, range, limit);
        }
        std::optional<storage_entry> last(std::string_view table, const key_range& r) override {
            return inner_->last(table, r);
        }
        void commit() override {
            ++owner_.commits_;
            const bool dies = owner_.left_ > 0 && --owner_.left_ == 0;
            if (dies && !owner_.after_)
                throw crash{};
            inner_->commit();
            if (dies)
                throw crash{};
        }

      private:
        mortal_storage& owner_;
        std::unique_ptr<storage_transaction> inner_;
    };

    storage& inner_;
    int commits_ = 0;
    int left_ = 0;
    bool after_ = false;
};

} // namespace windtunnel::test
