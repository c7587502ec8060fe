// SPDX-License-Identifier: BSL-1.0
// A storage in a file of SQLite's: write-ahead log, synchronous=FULL, so what was committed is
// there after the power failed. Writers exclude each other from begin() on (BEGIN IMMEDIATE), also
// across processes; those who read see one state meanwhile. Statements are prepared once. A
// program's own tables may live in the same file: what it does through `handle()` while a
// transaction is open belongs to that transaction.
#pragma once

#include <memory>
#include <string>

#include "patterns/base/time.hpp"
#include "patterns/consistency/storage.hpp"

struct sqlite3;

namespace windtunnel {

struct sqlite_options {
    std::string file{}; ///< made where it is not there; its folder must be
    /// How long SQLite itself waits (in real time) for another writer, to the millisecond, not
    /// negative. 0, SQLite's own default: not at all; begin() says busy, and the driver backs off.
    duration busy_timeout{0};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// One connection, not thread-safe: one object a thread.
class sqlite_storage final : public storage {
  public:
    /// Throws storage_error where the file cannot be opened, or belongs to something else.
    explicit sqlite_storage(const sqlite_options& options);
    ~sqlite_storage() override;

    std::unique_ptr<storage_transaction> begin() override;
    std::unique_ptr<storage_transaction> begin_read() override;

    sqlite3* handle() const; ///< owned by this object; end no transaction through it

  private:
    class connection;
    class transaction;

    std::unique_ptr<connection> connection_;
};

} // namespace windtunnel
