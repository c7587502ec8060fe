// SPDX-License-Identifier: BSL-1.0
// Runs a job in a process of its own, forked from this one, and gives back the bytes that it
// returned: for what may run once a process, or may end the process that it runs in. The job sees
// this process as it was, but changes nothing in it. What it prints goes nowhere, unless it
// crashes.
//
// To be called where no other thread may hold a lock that the job needs, so best without threads;
// programs with threads ask an isolation_server. In the child SIGINT and SIGTERM are ignored (the
// asking process decides; when it dies, the child does) and the signals of a crash have no
// handlers.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>

namespace windtunnel::sim {

/// The job threw; what() is what it said.
class isolated_error : public std::runtime_error {
  public:
    using runtime_error::runtime_error;
};

/// The job's process ended without an answer; what() says how, and what it printed at the end.
class isolated_crash : public std::runtime_error {
  public:
    isolated_crash(const std::string& text, int signal, int status)
        : runtime_error(text), signal_(signal), status_(status) {}
    int signal() const { return signal_; } ///< that ended it, or 0
    int status() const { return status_; } ///< its exit status where no signal did

  private:
    int signal_, status_;
};

/// Throws isolated_error or isolated_crash, and std::system_error when no process can be made.
std::string run_isolated(const std::function<std::string()>& job);

} // namespace windtunnel::sim
