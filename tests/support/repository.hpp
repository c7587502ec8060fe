// SPDX-License-Identifier: BSL-1.0
// Where the files are that tests read.
#pragma once

#include <filesystem>
#include <string>

namespace windtunnel::test {

/// A file or folder of the source tree, by its path from the root; the root itself for "".
std::filesystem::path in_repository(const std::string& path);

} // namespace windtunnel::test
