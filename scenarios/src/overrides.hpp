// SPDX-License-Identifier: BSL-1.0
// Changes to a scenario from outside: a value put at a path of its document. A path is a JSON
// pointer
// ("/workload/0/arrivals") or dotted ("workload.readers.arrivals": an element of an array is found
// by its number or its "name", an argument of a text such as "poisson(200/s)" by its name:
// "workload.readers.arrivals.rate"). What is missing on the way is made as an object, so that an
// unknown key is found by the reader of the format, with its suggestion. Errors: input_error.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

struct value_override {
    std::string path;
    std::string value; ///< JSON, or else a text as it stands: 3, "3", 250ms, {"max_attempts": 1}
    std::string origin = {}; ///< for messages, in place of a file's name; empty: "-D path=value"
};

/// What a path goes through, escapes of a pointer resolved.
std::vector<std::string> path_parts(const std::string& path);
/// The JSON pointer that goes through the same.
std::string pointer_of(const std::vector<std::string>& parts);

/// The place in an array that a part of a path names, by number or by "name".
std::optional<std::size_t> element_of(const topology::node& array, const std::string& part);

topology::document with_override(const topology::document& original, const value_override& change);

} // namespace windtunnel::scenario
