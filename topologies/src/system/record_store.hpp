// SPDX-License-Identifier: BSL-1.0
// The versioned records of a service, one of each name for each key that requests ask for. All
// replicas share them, and a crash leaves them as they are: a database behind the service, or one
// that the service is. A version is a number that only one state of one record has, as an ETag of
// HTTP (RFC 9110, 8.8.3); between services it travels as the bytes of a body.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace windtunnel::topology {

using record_version = std::uint64_t; ///< 0: of nothing

class record_store {
  public:
    record_store() = default;
    /// `number` tells the services of a system apart.
    record_store(std::size_t records, std::uint32_t number)
        : unwritten_((std::uint64_t{number} + 1) << 40), latest_(unwritten_ + records),
          written_(records) {}

    record_version read(std::uint32_t record, std::uint64_t key) const {
        const auto& keys = written_[record];
        const auto found = keys.find(key);
        return found == keys.end() ? unwritten_ + record : found->second;
    }
    /// Returns its new version.
    record_version write(std::uint32_t record, std::uint64_t key) {
        return written_[record][key] = ++latest_;
    }

  private:
    record_version unwritten_ = 0; ///< + record: the version of what was never written
    record_version latest_ = 0;
    std::vector<std::unordered_map<std::uint64_t, record_version>> written_; ///< looked up only
};

/// nullptr for none.
std::shared_ptr<const std::string> to_bytes(record_version version);
/// 0 for bytes that hold none.
record_version version_in(const std::shared_ptr<const std::string>& bytes);

} // namespace windtunnel::topology
