// SPDX-License-Identifier: BSL-1.0
// Requests that may come twice and must not act twice. A key is absent, in progress under a lease,
// or done with the answer that every later request with it gets. The same key with another request
// is refused. Who holds the lease has a fencing token: after the lease has ended another may begin,
// and then the first one can complete nothing. So do the work's effect in the transaction in which
// you complete: where that says no, the transaction is dropped, and the effect with it. What is
// called outside gets a key derived from this one (derived_key).
// Comparisons: a lease ends, an answer is forgotten, at >= its instant.
// Semantics: IETF draft-ietf-httpapi-idempotency-key-header-07, AWS Powertools where it is silent.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "patterns/base/outcome.hpp"
#include "patterns/base/time.hpp"
#include "patterns/consistency/expiring_table.hpp"

namespace windtunnel {

struct idempotency_options {
    /// How long one may work on a request, above 0; longer than its deadline. 30 s: our own (AWS
    /// Powertools: what is left of the function's time).
    duration lease = std::chrono::seconds{30};
    /// How long answers are kept, above 0; longer than any client tries again, or it acts twice.
    /// 24 h: Stripe's (AWS Powertools: 1 h).
    duration expiry = std::chrono::hours{24};

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// Keys of different tenants or operations never meet. `key` must not be empty.
struct idempotency_key {
    std::string tenant{};
    std::string operation{};
    std::string key{};
};

struct idempotency_response {
    std::uint16_t status = 0; ///< protocol status where there is one (HTTP), else 0
    std::string body{};       ///< any bytes

    friend bool operator==(const idempotency_response&, const idempotency_response&) = default;
};

enum class idempotency_status : std::uint8_t {
    started,     ///< it is yours: work, then complete
    in_progress, ///< somebody works on it: wait until `until` at most, or refuse with 409
    replay,      ///< it is done: this is the answer
    mismatch,    ///< the key was used for another request: refuse with 422
};
std::string_view to_string(idempotency_status status);
/// What to refuse with: 409, 422; 0 where it is not refused. Without a key where one is needed:
/// 400.
std::uint16_t http_status(idempotency_status status);

struct idempotency_result {
    idempotency_status status = idempotency_status::started;
    std::uint64_t token = 0;         ///< of started
    time_point until{};              ///< of started and in_progress: the end of the lease
    idempotency_response response{}; ///< of replay
};

/// What to do with a failure: an answer that would be the same again (a 4xx, but for 408, 409, 425
/// and 429) is stored; whatever may be otherwise the next time is forgotten.
enum class idempotency_ending : std::uint8_t { store, forget };
idempotency_ending idempotency_ending_of(const failure& f);

/// The parts of a request that make it the same request, put together so that no two lists of parts
/// give the same. Where it gets long, give a strong hash of it instead.
std::string request_fingerprint(std::initializer_list<std::string_view> parts);

/// For a call to another service on behalf of this request: the same each time it is tried.
std::string derived_key(const idempotency_key& k, std::string_view call);

/// As thread-safe as its storage: not.
class idempotency_store {
  public:
    explicit idempotency_store(storage& s, const idempotency_options& options = {},
                               std::string name = "idempotency");

    /// Of several at once one starts. Throws std::invalid_argument for an empty key.
    idempotency_result begin(storage_transaction& t, const idempotency_key& k,
                             std::string_view fingerprint, time_point now);
    idempotency_result begin(const idempotency_key& k, std::string_view fingerprint,
                             time_point now);

    /// True: the answer is kept. False: somebody else has it; drop the transaction.
    [[nodiscard]] bool complete(storage_transaction& t, const idempotency_key& k,
                                std::uint64_t token, const idempotency_response& r, time_point now);
    /// It did not work and may be tried again at once. False as above.
    [[nodiscard]] bool forget(storage_transaction& t, const idempotency_key& k,
                              std::uint64_t token);
    /// A new lease from now on, for long work; when it ends. None: somebody else has it.
    std::optional<time_point> extend(storage_transaction& t, const idempotency_key& k,
                                     std::uint64_t token, time_point now);

    /// Forgets at most `limit` answers and leases that are over; how many it forgot.
    std::size_t advance(time_point now, std::size_t limit) { return records_.advance(now, limit); }
    /// When to call `advance` next; `never`: nothing is kept.
    time_point next_event() const { return records_.next_event(); }

  private:
    struct record;

    std::optional<record> load(storage_transaction& t, const std::string& key) const;
    void save(storage_transaction& t, const std::string& key, const std::optional<record>& before,
              const record& r);
    std::optional<record> owned(storage_transaction& t, const std::string& key,
                                std::uint64_t token) const;

    storage& storage_;
    idempotency_options options_;
    expiring_table records_;
    std::string counters_; ///< name of a table
};

} // namespace windtunnel
