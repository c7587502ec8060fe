// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/record_store.hpp"

#include <charconv>

namespace windtunnel::topology {

std::shared_ptr<const std::string> to_bytes(record_version version) {
    return version == 0 ? nullptr : std::make_shared<const std::string>(std::to_string(version));
}

record_version version_in(const std::shared_ptr<const std::string>& bytes) {
    record_version version = 0;
    if (bytes != nullptr)
        std::from_chars(bytes->data(), bytes->data() + bytes->size(), version);
    return version;
}

} // namespace windtunnel::topology
