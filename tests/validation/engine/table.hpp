// SPDX-License-Identifier: BSL-1.0
// The rows of the validation tables as data: each is a scenario file's content with what a correct
// simulator finds, and how sure one can be of it. A file of tests/validation/data is one table.
//   scenario   what all rows share; a row's own `scenario` is a merge patch over it, its `set` are
//              values put at paths, as -D of the program does
//   exact      claims "subject: metric = value" that hold to one part in 10^9, on every seed
//   random     claims about a mean over seeds, judged by the tolerance rule of judge.hpp
//   published  claims about a mean that somebody observed over so many runs of the same model:
//              {"runs": 100, "means": [...]}, judged as in judge.hpp
//   stated     claims with the relative tolerance that their source states, about the mean
// What else must hold on every seed is in the scenario's own `expect`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"
#include "scenarios/src/overrides.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::validation {

struct claim {
    enum class kind : std::uint8_t { exact, random, stated, published } what = kind::exact;
    std::string text;     ///< "asks: mean = 2ms"
    double tolerance = 0; ///< of stated
    int runs = 0;         ///< of published: those behind the expected mean
};

struct row {
    std::string name;
    bool takes_long = false;
    int seeds = 1;
    double half_width = 0.03;       ///< the most that may be accepted around what a mean should be
    std::optional<duration> sample; ///< distance between looks at the levels; none: no looks
    topology::document scenario;
    std::vector<scenario::value_override> set;
    std::vector<claim> claims;
};

struct table {
    std::string name; ///< that of the file, without its ending
    std::vector<row> rows;
};

/// Throws topology::input_error.
table load_table(const std::string& name);
/// All of the folder, by name.
std::vector<table> load_tables();

} // namespace windtunnel::validation
