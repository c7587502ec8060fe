// SPDX-License-Identifier: BSL-1.0
// A program as a process: started with arguments, its output read, its end waited for. Nothing of
// this process leaks into it but the environment and what is asked for. On a failure of the system
// itself: std::system_error.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace windtunnel::testing {

struct process_options {
    std::string folder = {};                       ///< to run in; empty: this one's
    std::map<std::string, std::string> extra = {}; ///< environment, over this one's
    std::string out_file =
        {};                   ///< standard output goes there (opened for writing); empty: collected
    bool on_terminal = false; ///< stdin, stdout and stderr are a terminal of 100 columns
    bool drop_root = false;   ///< as nobody, where this process is root
    std::chrono::milliseconds limit{60'000}; ///< then it is killed
};

struct process_end {
    int code = -1;        ///< exit code, or -1
    int signal = 0;       ///< that ended it, or 0
    std::string out, err; ///< of a terminal: all in `out`
    std::chrono::duration<double> took{};
    std::chrono::duration<double> worked{}; ///< processor time

    /// Within a second. Of processor time, for what a busy machine adds is not the program's doing;
    /// a sanitized program may take ten.
    bool was_quick() const {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        return worked.count() < 10;
#else
        return worked.count() < 1;
#endif
    }
};

class process {
  public:
    process(const std::vector<std::string>& words, const process_options& options = {});
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    void send(int signal) const;
    /// Reads until `err` (of a terminal: `out`) holds that text; false when the limit came first.
    bool wait_for(const std::string& text);
    /// Closes the reading end of its standard output.
    void close_output();
    process_end finish();

  private:
    void read_for(std::chrono::milliseconds time);
    bool expired() const;

    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    bool terminal_;
    std::chrono::milliseconds limit_;
    std::chrono::steady_clock::time_point begun_;
    process_end end_;
};

/// Starts it and waits for its end.
process_end run_process(const std::vector<std::string>& words, const process_options& options = {});

} // namespace windtunnel::testing
