// SPDX-License-Identifier: BSL-1.0
// YAML as the same trees as JSON, every node with its place: what other products' configurations
// are read from. Plain scalars are what YAML 1.1 and Go make of them (`yes` is true, `0x10` stays
// text); aliases and merge keys (`<<`) are resolved. The limits are those of a document. Errors:
// input_error (not YAML, a key twice, a key that is no scalar, a limit).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "topologies/src/document.hpp"

namespace windtunnel::topology {

/// The documents of a stream, those without content left out; `file` is any name.
std::vector<document> parse_yaml(std::string_view text, const std::string& file);
/// Those of a file; one whose name ends in ".json" holds just one, and is read as JSON.
std::vector<document> load_yaml(const std::filesystem::path& path);

} // namespace windtunnel::topology
