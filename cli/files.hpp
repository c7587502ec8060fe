// SPDX-License-Identifier: BSL-1.0
// Where things are: the program itself, the catalogue that came with it, and what kind a file is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "topologies/src/document.hpp"

namespace windtunnel::cli {

/// The folder of the running program.
std::filesystem::path program_folder();

/// The folder that holds `kind` ("scenarios", "topologies"): share/windtunnel beside the program's
/// bin, or the source tree that it was built in; empty when there is none.
std::filesystem::path catalogue_folder(const std::string& kind);

/// The .json files of a folder, by name. Throws usage_error when it cannot be read.
std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder);

enum class file_kind : std::uint8_t { scenario, topology };
/// By its keys. Throws topology::input_error when it is neither.
file_kind kind_of(const topology::document& file);

} // namespace windtunnel::cli
