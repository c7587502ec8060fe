// SPDX-License-Identifier: BSL-1.0
// How far a long run has come, on stderr: a line that rewrites itself on a terminal, lines now and
// then when asked for (`plain`), nothing in a pipe. Nothing for what takes less than a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

namespace windtunnel::cli {

enum class progress_style : std::uint8_t { automatic, plain, none };

/// Of one scenario among several.
struct progress_state {
    std::string name;
    double share = 0;                  ///< of all that is to be done, 0 to 1
    double simulated = 0, planned = 0; ///< virtual seconds of this scenario, of one replication
    int done = 0, all = 1;             ///< its replications
    std::uint64_t events = 0;          ///< simulated by all
};

/// May be used from several threads.
class progress_line {
  public:
    explicit progress_line(progress_style style);
    ~progress_line() {
        without([] {});
    }
    progress_line(const progress_line&) = delete;
    progress_line& operator=(const progress_line&) = delete;

    void show(const progress_state& state);
    /// Prints something else in place of the line.
    void without(const std::function<void()>& print);

  private:
    using clock = std::chrono::steady_clock;
    std::string text(const progress_state& state, double seconds) const;

    std::mutex mutex_;
    bool rewrites_ = false, plain_ = false, shown_ = false;
    clock::time_point begun_ = clock::now(), last_ = begun_;
};

} // namespace windtunnel::cli
