// SPDX-License-Identifier: BSL-1.0
// Changes to a scenario from outside: a value put at a path of its document. A path is a JSON
// pointer
// ("/workload/0/arrivals") or dotted ("workload.readers.arrivals": an element of an array is found
// by its number or its "name"). What is missing on the way is made as an object, so that an unknown
// key is found by the reader of the format, with its suggestion. Errors: input_error.
#pragma once

#include <string>

#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

struct value_override {
    std::string path;
    std::string value; ///< JSON, or else a text as it stands: 3, "3", 250ms, {"max_attempts": 1}
    std::string origin = {}; ///< for messages, in place of a file's name; empty: "-D path=value"
};

topology::document with_override(const topology::document& original, const value_override& change);

} // namespace windtunnel::scenario
