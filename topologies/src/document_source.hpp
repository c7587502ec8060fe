// SPDX-License-Identifier: BSL-1.0
// What a parsed tree keeps of its origin. Internal to document.cpp and document_parser.cpp.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "topologies/src/document.hpp"

namespace windtunnel::topology {

/// The tree lives here, so that its nodes never move and may point to each other.
struct node::source : std::enable_shared_from_this<node::source> {
    source(std::string name, node tree) : file(std::move(name)), root(std::move(tree)) {}

    std::string file;
    node root;
};

} // namespace windtunnel::topology
