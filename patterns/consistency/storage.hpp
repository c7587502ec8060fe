// SPDX-License-Identifier: BSL-1.0
// What the patterns of this folder keep things in: tables of entries, ordered by key, changed in
// transactions. Whatever one transaction wrote is there as a whole or not at all, so that an event
// store, an outbox, an inbox, a store of keys and a program's own data agree if they share it.
// Implementations: memory_storage (gone with the process) and sqlite_storage (a file, durable).
// Invariant: one transaction writes at a time, so commits have an order, and what is numbered
// within a transaction is numbered in the order of commits, without gaps.
// Errors: what fails below (another writes, the disk is full, the file is damaged) is thrown as
// storage_error; then nothing of the transaction has happened, unless it was thrown by commit() as
// `unknown`. Misuse (a write in a transaction that reads) is a bug.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace windtunnel {

enum class storage_failure : std::uint8_t {
    busy,    ///< another transaction is open: try again later
    full,    ///< no room is left
    corrupt, ///< what was read is not what was written
    failed,  ///< anything else: input and output, permissions
    unknown, ///< of a commit: it may have happened or not; open anew and look
};
std::string_view to_string(storage_failure failure);

class storage_error : public std::runtime_error {
  public:
    storage_error(storage_failure kind, const std::string& what)
        : std::runtime_error(what), kind_(kind) {}
    storage_failure kind() const { return kind_; }

  private:
    storage_failure kind_;
};

struct storage_entry {
    std::string key{};
    std::string value{};

    friend bool operator==(const storage_entry&, const storage_entry&) = default;
};

/// From `from` (included) to `to` (not included), in the order of bytes; an empty `to` is the end.
struct key_range {
    std::string from{};
    std::string to{};
};

/// Ends with commit(), or else is undone when it is destroyed. It must not outlive its storage.
class storage_transaction {
  public:
    storage_transaction() = default;
    storage_transaction(const storage_transaction&) = delete;
    storage_transaction& operator=(const storage_transaction&) = delete;
    virtual ~storage_transaction() = default;

    virtual std::optional<std::string> get(std::string_view table, std::string_view key) = 0;
    /// Adds or replaces.
    virtual void put(std::string_view table, std::string_view key, std::string_view value) = 0;
    /// False where there was no such key.
    virtual bool erase(std::string_view table, std::string_view key) = 0;
    /// The first `limit` of the range.
    virtual std::vector<storage_entry> scan(std::string_view table, const key_range& range,
                                            std::size_t limit) = 0;
    /// The last of the range.
    virtual std::optional<storage_entry> last(std::string_view table, const key_range& range) = 0;

    /// Once, and nothing after it.
    virtual void commit() = 0;
};

/// Not thread-safe: one object is one connection. Several sqlite_storage may share a file.
class storage {
  public:
    storage() = default;
    storage(const storage&) = delete;
    storage& operator=(const storage&) = delete;
    virtual ~storage() = default;

    /// Of one object one transaction is open at a time, else storage_failure::busy.
    virtual std::unique_ptr<storage_transaction> begin() = 0;
    /// Only reads: one state of things, whoever writes meanwhile. commit() does nothing.
    virtual std::unique_ptr<storage_transaction> begin_read() = 0;
};

} // namespace windtunnel
