// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/sqlite/sqlite_storage.hpp"

#include <sqlite3.h>

#include <array>
#include <utility>

#include "patterns/base/assert.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr int application_id = 0x57544e4c; // "WTNL"
constexpr int schema_version = 1;

storage_failure sqlite_failure(int code) {
    switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return storage_failure::busy;
    case SQLITE_FULL:
        return storage_failure::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return storage_failure::corrupt;
    default:
        return storage_failure::failed;
    }
}

enum statement_name : std::uint8_t {
    begin_write,
    begin_to_read,
    commit_it,
    roll_it_back,
    get_one,
    put_one,
    erase_one,
    scan_range,
    scan_to_end,
    last_in_range,
    last_to_end,
    statement_count
};

constexpr std::array<const char*, statement_count> statement_texts{
    "BEGIN IMMEDIATE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SELECT value FROM windtunnel_entries WHERE space = ?1 AND key = ?2",
    "INSERT INTO windtunnel_entries VALUES (?1, ?2, ?3)"
    " ON CONFLICT (space, key) DO UPDATE SET value = ?3",
    "DELETE FROM windtunnel_entries WHERE space = ?1 AND key = ?2",
    "SELECT key, value FROM windtunnel_entries WHERE space = ?1 AND key >= ?2 AND key < ?3"
    " ORDER BY key LIMIT ?4",
    "SELECT key, value FROM windtunnel_entries WHERE space = ?1 AND key >= ?2"
    " ORDER BY key LIMIT ?4",
    "SELECT key, value FROM windtunnel_entries WHERE space = ?1 AND key >= ?2 AND key < ?3"
    " ORDER BY key DESC LIMIT 1",
    "SELECT key, value FROM windtunnel_entries WHERE space = ?1 AND key >= ?2"
    " ORDER BY key DESC LIMIT 1",
};

struct database_deleter {
    void operator()(sqlite3* d) const { sqlite3_close_v2(d); }
};
struct statement_deleter {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};
using prepared = std::unique_ptr<sqlite3_stmt, statement_deleter>;

std::string column_bytes(sqlite3_stmt* s, int column) {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(s, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s, column));
    return data == nullptr ? std::string{} : std::string{data, size};
}

} // namespace

class sqlite_storage::connection {
  public:
    explicit connection(const sqlite_options& options);

    /// One run of a prepared statement; it is ready for the next when this ends.
    class run {
      public:
        run(connection& c, statement_name which) : owner_(c), s_(c.statements_[which].get()) {}
        run(const run&) = delete;
        run& operator=(const run&) = delete;
        ~run() {
            sqlite3_reset(s_);
            sqlite3_clear_bindings(s_);
        }
        run& text(int place, std::string_view t) {
            sqlite3_bind_text64(s_, place, t.data(), t.size(), SQLITE_STATIC, SQLITE_UTF8);
            return *this;
        }
        run& bytes(int place, std::string_view b) {
            // A null pointer would be NULL, not the empty value.
            const char* data = b.empty() ? "" : b.data();
            sqlite3_bind_blob64(s_, place, data, b.size(), SQLITE_STATIC);
            return *this;
        }
        run& number(int place, sqlite3_int64 n) {
            sqlite3_bind_int64(s_, place, n);
            return *this;
        }
        bool next() {
            const int code = sqlite3_step(s_);
            if (code != SQLITE_ROW && code != SQLITE_DONE)
                owner_.fail(code);
            return code == SQLITE_ROW;
        }
        int step() { return sqlite3_step(s_); }
        std::string column(int i) const { return column_bytes(s_, i); }

      private:
        connection& owner_;
        sqlite3_stmt* s_;
    };

    [[noreturn]] void fail(int code) const {
        throw storage_error(sqlite_failure(code),
                            file_ + ": " + (db_ ? sqlite3_errmsg(db_.get()) : "out of memory"));
    }
    sqlite3* handle() const { return db_.get(); }

    bool open = false;

  private:
    void execute(const char* text) {
        const int code = sqlite3_exec(db_.get(), text, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK)
            fail(code);
    }
    int pragma(const char* text) {
        sqlite3_stmt* s = nullptr;
        const int code = sqlite3_prepare_v2(db_.get(), text, -1, &s, nullptr);
        const prepared owned{s};
        if (code != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW)
            fail(sqlite3_errcode(db_.get()));
        return sqlite3_column_int(s, 0);
    }
    void make_schema();

    std::string file_;
    std::unique_ptr<sqlite3, database_deleter> db_;
    std::array<prepared, statement_count> statements_;
};

sqlite_storage::connection::connection(const sqlite_options& options) : file_(options.file) {
    sqlite3* raw = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(file_.c_str(), &raw, flags, nullptr);
    db_.reset(raw);
    if (code != SQLITE_OK)
        fail(code);
    sqlite3_extended_result_codes(raw, 1);
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(options.busy_timeout);
    sqlite3_busy_timeout(raw, static_cast<int>(wait.count()));
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");
    make_schema();
    for (std::size_t i = 0; i < statement_count; ++i) {
        sqlite3_stmt* s = nullptr;
        const int prepared_code =
            sqlite3_prepare_v3(raw, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr);
        statements_[i].reset(s);
        if (prepared_code != SQLITE_OK)
            fail(prepared_code);
    }
}

void sqlite_storage::connection::make_schema() {
    const int id = pragma("PRAGMA application_id");
    const int version = pragma("PRAGMA user_version");
    if (id == application_id && version == schema_version)
        return;
    if (id == application_id)
        throw storage_error(storage_failure::failed,
                            file_ + ": made by another version of this library, " +
                                std::to_string(version));
    if (id != 0)
        throw storage_error(storage_failure::failed, file_ + ": a file of another program");
    execute("BEGIN IMMEDIATE;"
            "CREATE TABLE IF NOT EXISTS windtunnel_entries ("
            "space TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
            "PRIMARY KEY (space, key)) WITHOUT ROWID;"
            "PRAGMA application_id = 0x57544e4c;"
            "PRAGMA user_version = 1;"
            "COMMIT");
}

class sqlite_storage::transaction final : public storage_transaction {
  public:
    transaction(connection& c, bool writes) : connection_(c), writes_(writes) {
        if (c.open)
            throw storage_error(storage_failure::busy, "sqlite_storage: a transaction is open");
        run(c, writes ? begin_write : begin_to_read).next();
        c.open = true;
    }
    transaction(const transaction&) = delete;
    transaction& operator=(const transaction&) = delete;
    ~transaction() override {
        if (!over_)
            close(roll_it_back);
    }

    std::optional<std::string> get(std::string_view table, std::string_view key) override {
        run r(connection_, get_one);
        if (!at(r, table, key).next())
            return std::nullopt;
        return r.column(0);
    }

    void put(std::string_view table, std::string_view key, std::string_view value) override {
        WINDTUNNEL_ASSERT(writes_);
        run r(connection_, put_one);
        at(r, table, key).bytes(3, value).next();
    }

    bool erase(std::string_view table, std::string_view key) override {
        WINDTUNNEL_ASSERT(writes_);
        run r(connection_, erase_one);
        at(r, table, key).next();
        return sqlite3_changes(connection_.handle()) > 0;
    }

    std::vector<storage_entry> scan(std::string_view table, const key_range& range,
                                    std::size_t limit) override {
        run r(connection_, range.to.empty() ? scan_to_end : scan_range);
        const auto most =
            limit > std::size_t{INT64_MAX} ? INT64_MAX : static_cast<sqlite3_int64>(limit);
        within(r, table, range).number(4, most);
        std::vector<storage_entry> found;
        while (r.next())
            found.push_back({r.column(0), r.column(1)});
        return found;
    }

    std::optional<storage_entry> last(std::string_view table, const key_range& range) override {
        run r(connection_, range.to.empty() ? last_to_end : last_in_range);
        if (!within(r, table, range).next())
            return std::nullopt;
        return storage_entry{r.column(0), r.column(1)};
    }

    void commit() override {
        WINDTUNNEL_ASSERT(!over_);
        const int code = close(commit_it);
        if (code != SQLITE_DONE)
            throw storage_error(storage_failure::unknown,
                                std::string{"a commit failed: "} + sqlite3_errstr(code));
    }

  private:
    using run = connection::run;

    run& at(run& r, std::string_view table, std::string_view key) const {
        WINDTUNNEL_ASSERT(!over_);
        if (sqlite3_get_autocommit(connection_.handle()) != 0) // undone by SQLite, after an error
            throw storage_error(storage_failure::failed, "the transaction was undone");
        return r.text(1, table).bytes(2, key);
    }
    run& within(run& r, std::string_view table, const key_range& range) const {
        at(r, table, range.from);
        return range.to.empty() ? r : r.bytes(3, range.to);
    }
    /// Whatever it says, the connection is out of the transaction afterwards.
    int close(statement_name how) {
        over_ = true;
        connection_.open = false;
        const int code = run(connection_, how).step();
        if (code != SQLITE_DONE && sqlite3_get_autocommit(connection_.handle()) == 0)
            run(connection_, roll_it_back).step();
        return code;
    }

    connection& connection_;
    bool writes_;
    bool over_ = false;
};

void sqlite_options::validate() const {
    constexpr option_check check{"sqlite_storage"};
    check(!file.empty(), "file", std::string_view{file}, "name a file");
    check(busy_timeout >= duration::zero() && busy_timeout <= std::chrono::hours{1}, "busy_timeout",
          busy_timeout, "not be negative, nor above one hour");
}

sqlite_storage::sqlite_storage(const sqlite_options& options) {
    options.validate();
    connection_ = std::make_unique<connection>(options);
}

sqlite_storage::~sqlite_storage() = default;

std::unique_ptr<storage_transaction> sqlite_storage::begin() {
    return std::make_unique<transaction>(*connection_, true);
}

std::unique_ptr<storage_transaction> sqlite_storage::begin_read() {
    return std::make_unique<transaction>(*connection_, false);
}

sqlite3* sqlite_storage::handle() const {
    return connection_->handle();
}

} // namespace windtunnel
