// SPDX-License-Identifier: BSL-1.0
// Both ends of an isolated job. In the child: prepare, work, answer in a frame ('R' the reply, 'E'
// the text of an exception) and end. In the asking process: the answer, or how the child ended.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "sim-core/physics/simgrid/byte_channel.hpp"

namespace windtunnel::sim {

/// How a worker ended: as waitpid says, and what it printed (the first and last 2 KiB).
struct worker_ending {
    int wait_status = 0;
    std::string log;
};

/// Forks; the child runs `work` and ends. Its standard output and error go to `log`, and it is
/// killed when the process that forked it ends.
pid_t fork_worker(const descriptor& log, const std::function<void()>& work);

/// For the child: sends what the job returns or throws.
void answer(int socket, const std::function<std::string()>& job);

/// What the child answered; when it died without an answer, `ending` says how.
std::string reply_or_throw(std::optional<frame> reply,
                           const std::function<worker_ending()>& ending);

/// Waits for the child.
worker_ending await_end(pid_t child, const descriptor& log);
std::string ends_of(const descriptor& log);

} // namespace windtunnel::sim
