// SPDX-License-Identifier: BSL-1.0
// Bad input: an error that names file, line, column and JSON pointer, what was found, what was
// expected and, where there is one, the nearest valid name. Every reader of a file throws
// `input_error` and nothing else; a reader of several things goes on after the first bad one and
// reports them together (`error_collector`), at most `input_error::limit` of them.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topologies/src/location.hpp"

namespace windtunnel::topology {

struct diagnostic {
    location where;
    std::string message;    ///< what was found, what was expected, what to do
    std::string suggestion; ///< the nearest valid name or text; empty: none

    /// `file:line:column: error: message (at /json/pointer); did you mean "x"?`
    std::string text() const;
};

/// Quotes what a user wrote for a message: control characters are escaped, long text is cut.
std::string in_quotes(std::string_view text);

class input_error : public std::runtime_error {
  public:
    static constexpr std::size_t limit = 20;

    explicit input_error(diagnostic one);
    /// `all` must not be empty; those after the first `limit` are only counted, with `omitted`.
    explicit input_error(std::vector<diagnostic> all, std::size_t omitted = 0);

    const std::vector<diagnostic>& diagnostics() const { return diagnostics_; }
    std::size_t omitted() const { return omitted_; }

  private:
    std::vector<diagnostic> diagnostics_;
    std::size_t omitted_ = 0;
};

/// Runs readers one after the other, keeps what they complain about, each once, and throws it all
/// at the end.
class error_collector {
  public:
    void add(diagnostic found);
    void add(const input_error& error);
    bool empty() const { return found_.empty(); }

    /// Runs `read`; true when it did not throw.
    template <class Read>
    bool run(Read&& read) {
        try {
            std::forward<Read>(read)();
            return true;
        } catch (const input_error& error) {
            add(error);
            return false;
        }
    }

    /// Throws input_error, in the order of the files' lines, if anything was found.
    void finish();

  private:
    std::vector<diagnostic> found_;
    std::size_t omitted_ = 0;
};

} // namespace windtunnel::topology
