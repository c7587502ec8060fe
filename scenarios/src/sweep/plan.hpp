// SPDX-License-Identifier: BSL-1.0
// What a sweep varies and what it looks at: a scenario, its parameters with their values, and the
// figures of each point. A point is one value of each parameter; all points have the same seeds, so
// that they meet the same chance. Errors: topology::input_error at the option that is wrong.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/sweep/metric_text.hpp"
#include "scenarios/src/sweep/value_range.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

struct sweep_options {
    load_options base;                   ///< what all points have
    std::vector<std::string> parameters; ///< "load=100/s..800/s:50/s"
    std::vector<std::string> metrics;    ///< empty: the usual ones
    bool find = false; ///< a boundary within a range: one parameter, whose range needs no step
};

struct parameter {
    std::string name;                 ///< as it was written
    std::string written;              ///< its values, as they were written
    std::string pointer;              ///< into the effective scenario
    std::vector<std::string> values;  ///< of a grid
    std::optional<value_range> range; ///< to find a boundary in

    std::string origin(const std::string& value) const { return "-P " + name + "=" + value; }
};

/// A value of each parameter, in their order.
using point_values = std::vector<std::string>;

class sweep_plan {
  public:
    /// Reads the file. Throws where parameters contradict each other or the options.
    sweep_plan(const std::filesystem::path& path, const sweep_options& options);

    const std::string& file() const { return file_; }
    const std::vector<parameter>& parameters() const { return parameters_; }
    const load_options& base() const { return options_.base; }
    const std::vector<std::string>& metrics() const { return metrics_; }

    /// The product of all values; the first parameter varies slowest.
    std::size_t grid_size() const;
    point_values grid_point(std::size_t index) const;

    scenario_spec scenario_at(const point_values& values) const;
    /// At the first values; what outputs say of all points.
    const scenario_spec& first() const { return first_; }
    /// The scenario that all points have: of equal scenarios, versions and parameters all results
    /// are equal. Hexadecimal.
    const std::string& fingerprint() const { return fingerprint_; }

  private:
    parameter read_parameter(const std::string& text) const;
    void check_conflicts() const;
    /// Of all points: what is in them is a part of what is computed.
    std::set<std::string> platform_files(const point_values& first) const;

    std::string file_, fingerprint_;
    std::filesystem::path folder_;
    std::string name_;
    sweep_options options_;
    topology::document document_, whole_;
    std::vector<parameter> parameters_;
    std::vector<std::string> metrics_;
    scenario_spec first_;
};

} // namespace windtunnel::scenario
