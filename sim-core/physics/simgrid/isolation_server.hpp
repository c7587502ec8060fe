// SPDX-License-Identifier: BSL-1.0
// Isolated runs for programs with threads: a helper process, forked before the first thread, that
// forks a worker for each request. Requests and replies are bytes; what a request means is the
// handler's matter, which the helper keeps a copy of. Several threads may ask at once; each waits
// for its own worker. The helper ends with this object or with this process, and its workers with
// it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "sim-core/physics/simgrid/byte_channel.hpp"
#include "sim-core/physics/simgrid/isolated.hpp"

namespace windtunnel::sim {

class isolation_server {
  public:
    using handler = std::function<std::string(const std::string& request)>;

    /// Forks the helper: call it early in main(), before any thread exists.
    explicit isolation_server(handler handle);
    isolation_server(const isolation_server&) = delete;
    isolation_server& operator=(const isolation_server&) = delete;
    /// Nobody may be waiting in run() any more.
    ~isolation_server();

    /// handle(request), run in a fresh process; throws as run_isolated() does.
    std::string run(std::string_view request) const;

  private:
    descriptor control_;
    pid_t helper_ = -1;
};

} // namespace windtunnel::sim
