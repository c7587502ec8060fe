// SPDX-License-Identifier: BSL-1.0
// What a parsed tree keeps of its origin, and what the parsers of its formats share. Internal to
// document.cpp, document_parser.cpp and import/yaml.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "topologies/src/document.hpp"

namespace windtunnel::topology {

/// The tree lives here, so that its nodes never move and may point to each other.
struct node::source : std::enable_shared_from_this<node::source> {
    source(std::string name, node tree) : file(std::move(name)), root(std::move(tree)) {}

    std::string file;
    node root;
};

/// The text of a file, at most a byte more than the largest. Throws input_error.
std::string read_input(const std::filesystem::path& path);
/// Complains about a text that is too large or not UTF-8; takes a byte order mark off.
std::string_view checked_input(std::string_view text, const std::string& file);

} // namespace windtunnel::topology
