// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/isolated.hpp"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include "sim-core/physics/simgrid/worker_process.hpp"

namespace windtunnel::sim {

std::string run_isolated(const std::function<std::string()>& job) {
    auto [ours, theirs] = connected_streams();
    const descriptor log = memory_file();
    std::fflush(nullptr); // or the child would print it once more
    std::cout.flush();
    const pid_t child = fork_worker(log, [&, socket = theirs.get()] { answer(socket, job); });
    if (child < 0)
        throw std::system_error(errno, std::generic_category(), "forking an isolated run");
    theirs.close();
    std::optional<frame> reply = read_frame(ours.get());
    const worker_ending end = await_end(child, log);
    return reply_or_throw(std::move(reply), [&] { return end; });
}

} // namespace windtunnel::sim
