// SPDX-License-Identifier: BSL-1.0
// Each request brings two sockets: one for request and reply, which the worker takes, and one on
// which the helper says how the worker ended, as a frame 'S' of wait status and log.
#include "sim-core/physics/simgrid/isolation_server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <system_error>
#include <utility>

#include "sim-core/physics/simgrid/worker_process.hpp"

namespace windtunnel::sim {
namespace {

void report(const descriptor& to, int wait_status, const std::string& log) {
    std::string bytes(sizeof wait_status, '\0');
    std::memcpy(bytes.data(), &wait_status, sizeof wait_status);
    write_frame(to.get(), 'S', bytes + log);
}

worker_ending reported(int socket) {
    worker_ending end{.wait_status = 0, .log = "the isolation server is gone"};
    const std::optional<frame> told = read_frame(socket);
    if (!told || told->bytes.size() < sizeof end.wait_status)
        return end;
    std::memcpy(&end.wait_status, told->bytes.data(), sizeof end.wait_status);
    end.log = told->bytes.substr(sizeof end.wait_status);
    return end;
}

/// The helper process. It ends when the other end of `control` is closed.
class helper {
  public:
    helper(descriptor control, isolation_server::handler handle)
        : control_(std::move(control)), handle_(std::move(handle)) {
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
            std::signal(signal, SIG_IGN);
        std::signal(SIGCHLD, SIG_DFL);
        sigset_t children;
        sigemptyset(&children);
        sigaddset(&children, SIGCHLD);
        sigprocmask(SIG_BLOCK, &children, nullptr);
        deaths_ = descriptor(signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    }

    void serve() {
        for (;;) {
            pollfd wait[2] = {{control_.get(), POLLIN, 0}, {deaths_.get(), POLLIN, 0}};
            if (poll(wait, 2, -1) < 0 && errno != EINTR)
                return;
            if (wait[1].revents != 0)
                reap();
            if (wait[0].revents != 0 && !accept())
                return;
        }
    }

  private:
    struct worker {
        descriptor ending; ///< where to say how it ended
        descriptor log;
    };

    bool accept() {
        std::optional<descriptor_pair> sockets = receive_descriptors(control_.get());
        if (!sockets)
            return false;
        auto& [talk, ending] = *sockets;
        worker fresh{std::move(ending), memory_file()};
        const pid_t child = fork_worker(fresh.log, [&] { work(std::move(talk), fresh); });
        if (child < 0)
            report(fresh.ending, 0, std::string("cannot fork: ") + std::strerror(errno));
        else
            workers_.emplace(child, std::move(fresh));
        return true;
    }

    /// In the worker, which must not hold open what only the helper may.
    void work(descriptor talk, worker& mine) {
        control_.close();
        deaths_.close();
        workers_.clear();
        mine.ending.close();
        const std::optional<frame> request = read_frame(talk.get());
        if (request)
            answer(talk.get(), [&] { return handle_(request->bytes); });
    }

    void reap() {
        signalfd_siginfo news;
        while (read(deaths_.get(), &news, sizeof news) > 0) {
        }
        int status = 0;
        for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
            const auto found = workers_.find(child);
            if (found == workers_.end())
                continue;
            report(found->second.ending, status, ends_of(found->second.log));
            workers_.erase(found);
        }
    }

    descriptor control_;
    descriptor deaths_;
    isolation_server::handler handle_;
    std::map<pid_t, worker> workers_;
};

[[noreturn]] void be_helper(descriptor control, isolation_server::handler handle) {
    int status = 0;
    try {
        helper(std::move(control), std::move(handle)).serve();
    } catch (const std::exception& e) {
        std::fprintf(stderr, "isolation server: %s\n", e.what());
        status = 1;
    }
    _exit(status); // and the workers are killed
}

} // namespace

isolation_server::isolation_server(handler handle) {
    auto [ours, theirs] = connected_packets();
    std::fflush(nullptr); // or the helper would print it once more
    std::cout.flush();
    helper_ = fork();
    if (helper_ < 0)
        throw std::system_error(errno, std::generic_category(), "forking the isolation server");
    if (helper_ == 0) {
        ours.close();
        be_helper(std::move(theirs), std::move(handle));
    }
    control_ = std::move(ours);
}

isolation_server::~isolation_server() {
    shutdown(control_.get(), SHUT_RDWR); // a fork of this process may hold it open too
    control_.close();
    while (waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::string isolation_server::run(std::string_view request) const {
    auto [talk, theirs] = connected_streams();
    auto [ending, told] = connected_streams();
    descriptor_pair handed{std::move(theirs), std::move(told)};
    if (!send_descriptors(control_.get(), handed))
        throw isolated_crash("the isolation server is gone", 0, 0);
    handed = {};
    write_frame(talk.get(), 'Q', request); // a worker that died of it is noticed below
    return reply_or_throw(read_frame(talk.get()),
                          [&told_on = ending] { return reported(told_on.get()); });
}

} // namespace windtunnel::sim
