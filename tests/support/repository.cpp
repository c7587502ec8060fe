// SPDX-License-Identifier: BSL-1.0
// The one file that is compiled with the place of the source tree.
#include "support/repository.hpp"

std::filesystem::path windtunnel::test::in_repository(const std::string& path) {
    return path.empty() ? std::filesystem::path(WINDTUNNEL_SOURCE_DIR)
                        : std::filesystem::path(WINDTUNNEL_SOURCE_DIR) / path;
}
