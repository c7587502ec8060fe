// SPDX-License-Identifier: BSL-1.0
// The other side of a saga's commands: what makes an action and its compensation safe to come
// twice, late and in the wrong order. One record for each step of each saga, kept in the
// transaction of the effect, answers the three anomalies of try-confirm-cancel: a compensation that
// comes first undoes nothing and is remembered (empty rollback), so its action, when it comes after
// all, is refused (suspension); and what comes again has no second effect (idempotence).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "patterns/consistency/saga_instance.hpp"
#include "patterns/consistency/storage.hpp"

namespace windtunnel {

enum class saga_verdict : std::uint8_t {
    run,             ///< have the effect, and say done() or failed(), in this transaction
    already_done,    ///< answer done, with the data
    already_failed,  ///< answer failed, with the data
    refused,         ///< an action that was compensated before it came: answer failed
    nothing_to_undo, ///< a compensation: answer done
};
std::string_view to_string(saga_verdict verdict);

struct saga_admission {
    saga_verdict verdict = saga_verdict::run;
    std::string data{}; ///< what was answered before; of a compensation to run, by the action
};

/// Keeps only the names of its tables; as thread-safe as the storage: not. Errors: storage_error.
class saga_participant {
  public:
    explicit saga_participant(std::string name = "saga_steps") : table_(std::move(name)) {}

    /// Ask first, and commit whatever it says.
    saga_admission admit(storage_transaction& t, std::string_view saga, std::string_view step,
                         saga_direction direction);
    /// The action was done; `data` is what it answers. (Of a compensation nothing more is said:
    /// who is told to run it has had its word.)
    void done(storage_transaction& t, std::string_view saga, std::string_view step,
              std::string_view data);
    /// The action is not done, and never will be: what comes again is told the same.
    void failed(storage_transaction& t, std::string_view saga, std::string_view step,
                std::string_view why);

  private:
    std::string table_;
};

} // namespace windtunnel
