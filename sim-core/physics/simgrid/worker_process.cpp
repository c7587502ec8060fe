// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/worker_process.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "sim-core/physics/simgrid/isolated.hpp"

namespace windtunnel::sim {
namespace {

constexpr std::size_t kept_log = 2048;

void prepare_child(const descriptor& log, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(1);
    dup2(log.get(), STDOUT_FILENO);
    dup2(log.get(), STDERR_FILENO);
    for (const int interrupt : {SIGINT, SIGTERM})
        std::signal(interrupt, SIG_IGN);
    for (const int crash : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        std::signal(crash, SIG_DFL); // the program's own handlers would speak for the program
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::string read_at(int file, std::size_t size, off_t from) {
    std::string bytes(size, '\0');
    const ssize_t got = pread(file, bytes.data(), size, from);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

isolated_crash crash(const worker_ending& end) {
    const bool killed = WIFSIGNALED(end.wait_status);
    const int signal = killed ? WTERMSIG(end.wait_status) : 0;
    const int status = killed ? 0 : WEXITSTATUS(end.wait_status);
    std::string text = "the isolated run ended without a result, ";
    text += killed ? "by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")"
                   : "with status " + std::to_string(status);
    return {end.log.empty() ? text : text + ":\n" + end.log, signal, status};
}

} // namespace

pid_t fork_worker(const descriptor& log, const std::function<void()>& work) {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child != 0)
        return child;
    try {
        prepare_child(log, parent);
        work();
    } catch (const std::exception& e) {
        std::fputs(e.what(), stderr);
        _exit(1);
    }
    _exit(0);
}

void answer(int socket, const std::function<std::string()>& job) {
    frame reply{'R', {}};
    try {
        reply.bytes = job();
    } catch (const std::exception& e) {
        reply = {'E', e.what()};
    } catch (...) {
        reply = {'E', "an exception that is none of the standard library's"};
    }
    write_frame(socket, reply.kind, reply.bytes);
}

std::string reply_or_throw(std::optional<frame> reply,
                           const std::function<worker_ending()>& ending) {
    if (!reply)
        throw crash(ending());
    if (reply->kind == 'E')
        throw isolated_error(reply->bytes);
    return std::move(reply->bytes);
}

worker_ending await_end(pid_t child, const descriptor& log) {
    worker_ending end;
    while (waitpid(child, &end.wait_status, 0) < 0 && errno == EINTR) {
    }
    end.log = ends_of(log);
    return end;
}

std::string ends_of(const descriptor& log) {
    struct stat facts {};
    if (fstat(log.get(), &facts) != 0)
        return {};
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size <= 2 * kept_log)
        return read_at(log.get(), size, 0);
    return read_at(log.get(), kept_log, 0) + "\n...\n" +
           read_at(log.get(), kept_log, static_cast<off_t>(size - kept_log));
}

} // namespace windtunnel::sim
