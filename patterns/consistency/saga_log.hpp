// SPDX-License-Identifier: BSL-1.0
// Where sagas are written down before anything is done. Of each saga its records in order, and
// which sagas are not over.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "patterns/consistency/saga_instance.hpp"
#include "patterns/consistency/storage.hpp"

namespace windtunnel {

struct active_saga {
    std::string id{};
    std::string definition{};
    std::string shape{}; ///< of the definition
};

/// Keeps only the names of its tables. Errors: storage_error.
class saga_log {
  public:
    explicit saga_log(const std::string& name)
        : records_(name + "/records"), active_(name + "/active") {}

    bool contains(storage_transaction& t, const std::string& saga) const;
    /// `number`: its place among the saga's records, from 0. The first makes the saga active, one
    /// that ends it ends that.
    void append(storage_transaction& t, const active_saga& saga, std::uint64_t number,
                const saga_record& r) const;
    std::vector<saga_record> read(storage_transaction& t, const std::string& saga) const;
    std::vector<active_saga> active(storage_transaction& t) const;
    void erase(storage_transaction& t, const std::string& saga) const;

  private:
    std::string records_, active_;
};

} // namespace windtunnel
