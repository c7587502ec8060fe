// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/storage.hpp"

#include <array>

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 5> storage_failure_names{"busy", "full", "corrupt", "failed",
                                                                "unknown"};

} // namespace

std::string_view to_string(storage_failure failure) {
    return storage_failure_names.at(static_cast<std::size_t>(failure));
}

} // namespace windtunnel
