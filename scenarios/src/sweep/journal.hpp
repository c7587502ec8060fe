// SPDX-License-Identifier: BSL-1.0
// The points of a sweep that are done, a file that gets a line for each at once, so that a sweep
// that was killed at any moment goes on where it was. The first line says what sweep it is of;
// a line that was not written to its end is dropped. Only one process at a time may have it open.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "scenarios/src/sweep/point.hpp"

namespace windtunnel::scenario {

/// The file is no journal, or that of another sweep, or cannot be used: what is the matter, and
/// what to do.
class journal_refused : public std::runtime_error {
  public:
    using runtime_error::runtime_error;
};

class sweep_journal {
  public:
    /// Reads what is there, or begins a new one. Throws journal_refused.
    sweep_journal(std::string path, const sweep_plan& plan);
    ~sweep_journal();
    sweep_journal(const sweep_journal&) = delete;
    sweep_journal& operator=(const sweep_journal&) = delete;

    const std::string& path() const { return path_; }
    /// Points that were there when it was opened, and lines that could not be read.
    std::size_t found() const { return points_.size(); }
    std::size_t dropped() const { return dropped_; }

    /// Where so many replications were asked for; nullptr: it is not there.
    const point_result* find(const point_values& values, int asked) const;
    /// Writes it to the file. From the first failure on nothing more is written.
    void append(const point_result& point);
    /// Why not all is in the file; empty: it is.
    const std::string& failure() const { return failure_; }
    /// Removes the file: all it holds is elsewhere.
    void remove();

  private:
    void read(const std::string& text, const std::string& header, const sweep_plan& plan);
    void write(const std::string& text);
    [[noreturn]] void refuse(const std::string& what, const std::string& remedy) const;
    void check_header(const std::string& line, const sweep_plan& plan) const;

    std::string path_, failure_;
    int fd_ = -1;
    std::size_t dropped_ = 0;
    std::map<std::pair<point_values, int>, point_result> points_;
};

} // namespace windtunnel::scenario
