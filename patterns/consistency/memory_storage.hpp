// SPDX-License-Identifier: BSL-1.0
// A storage in memory: for simulations, for tests, and for what may be lost with the process. It
// rolls back like the real one. O(log n) an operation; what was written is undone from a list.
#pragma once

#include <map>

#include "patterns/consistency/storage.hpp"

namespace windtunnel {

class memory_storage final : public storage {
  public:
    std::unique_ptr<storage_transaction> begin() override;
    std::unique_ptr<storage_transaction> begin_read() override;

    std::size_t entries() const; ///< of all tables

  private:
    class transaction;
    using table = std::map<std::string, std::string, std::less<>>;

    table& at(std::string_view name);

    std::map<std::string, table, std::less<>> tables_;
    bool open_ = false;
};

} // namespace windtunnel
