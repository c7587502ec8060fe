// SPDX-License-Identifier: BSL-1.0
// Sagas are not isolated; this mark says what one of them has changed and may still undo (the
// countermeasure "semantic lock" of Garcia-Molina's sagas). Set it in the transaction of the action
// and take it away in that of the last step or of the compensation. Whoever meets somebody else's
// mark decides: refuse (failed), try again later (unknown), or go on knowing. Nobody waits in here,
// so there are no deadlocks; there is no lease, as only the saga's end makes its changes certain.
// Invariant: a resource has at most one holder.
#pragma once

#include <optional>
#include <string>

#include "patterns/consistency/storage.hpp"

namespace windtunnel {

/// Keeps only the names of its tables; as thread-safe as the storage: not. Errors: storage_error.
class semantic_lock {
  public:
    explicit semantic_lock(const std::string& name = "semantic_locks")
        : holders_(name + "/holders"), held_(name + "/held") {}

    /// True: it is the saga's, from now on or already. False: it is another's.
    [[nodiscard]] bool try_acquire(storage_transaction& t, const std::string& resource,
                                   const std::string& saga);
    /// False where it was not the saga's.
    bool release(storage_transaction& t, const std::string& resource, const std::string& saga);
    /// All that the saga has; how many there were.
    std::size_t release_all(storage_transaction& t, const std::string& saga);
    std::optional<std::string> holder(storage_transaction& t, const std::string& resource) const;

  private:
    std::string holders_, held_; ///< saga by resource; saga and resource
};

} // namespace windtunnel
