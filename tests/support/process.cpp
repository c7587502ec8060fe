// SPDX-License-Identifier: BSL-1.0
#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace windtunnel::testing {

namespace {

constexpr unsigned nobody = 65534;
constexpr int cannot_start = 127;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void make_pipe(int (&ends)[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe");
}

/// In the child: what was asked for, then the program.
[[noreturn]] void become(const std::vector<std::string>& words, const process_options& options) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        std::signal(signal, SIG_DFL);
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0)
        _exit(cannot_start);
    for (const char* name : {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"}) // of the job that runs tests
        unsetenv(name);
    for (const auto& [name, value] : options.extra)
        setenv(name.c_str(), value.c_str(), 1);
    if (!options.out_file.empty()) {
        const int file = open(options.out_file.c_str(), O_WRONLY);
        if (file < 0 || dup2(file, STDOUT_FILENO) < 0)
            _exit(cannot_start);
    }
    // Opened before root is dropped: the program may lie where nobody may go.
    const int program = open(words.front().c_str(), O_RDONLY | O_CLOEXEC);
    if (options.drop_root && geteuid() == 0 && (setgid(nobody) != 0 || setuid(nobody) != 0))
        _exit(cannot_start);
    std::vector<char*> arguments;
    for (const std::string& word : words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    fexecve(program, arguments.data(), ::environ);
    _exit(cannot_start);
}

/// Appends what is there; false at its end.
bool read_some(int fd, std::string& into) {
    char buffer[65536];
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got > 0)
        into.append(buffer, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
}

} // namespace

process::process(const std::vector<std::string>& words, const process_options& options)
    : terminal_(options.on_terminal), limit_(options.limit),
      begun_(std::chrono::steady_clock::now()) {
    if (terminal_) {
        winsize size{24, 100, 0, 0};
        pid_ = forkpty(&out_, nullptr, nullptr, &size);
        if (pid_ < 0)
            fail("forkpty");
        if (pid_ == 0)
            become(words, options);
        return;
    }
    int out[2], err[2];
    make_pipe(out);
    make_pipe(err);
    pid_ = fork();
    if (pid_ < 0)
        fail("fork");
    if (pid_ == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        become(words, options);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
}

process::~process() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    for (const int fd : {out_, err_})
        if (fd >= 0)
            close(fd);
}

void process::send(int signal) const {
    kill(pid_, signal);
}

void process::close_output() {
    close(std::exchange(out_, -1));
}

bool process::expired() const {
    return std::chrono::steady_clock::now() - begun_ > limit_;
}

void process::read_for(std::chrono::milliseconds time) {
    pollfd polled[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}}; // a negative one is not looked at
    if (poll(polled, 2, static_cast<int>(time.count())) <= 0)
        return;
    if (polled[0].revents != 0 && !read_some(out_, end_.out))
        close(std::exchange(out_, -1));
    if (polled[1].revents != 0 && !read_some(err_, end_.err))
        close(std::exchange(err_, -1));
}

bool process::wait_for(const std::string& text) {
    const std::string& seen = terminal_ ? end_.out : end_.err;
    while (seen.find(text) == std::string::npos) {
        if (expired() || (out_ < 0 && err_ < 0))
            return false;
        read_for(std::chrono::milliseconds{100});
    }
    return true;
}

process_end process::finish() {
    while ((out_ >= 0 || err_ >= 0) && !expired())
        read_for(std::chrono::milliseconds{100});
    if (expired())
        kill(pid_, SIGKILL);
    int status = 0;
    struct rusage used {};
    wait4(std::exchange(pid_, -1), &status, 0, &used);
    for (const timeval& t : {used.ru_utime, used.ru_stime})
        end_.worked += std::chrono::seconds{t.tv_sec} + std::chrono::microseconds{t.tv_usec};
    end_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    end_.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end_.took = std::chrono::steady_clock::now() - begun_;
    return std::move(end_);
}

process_end run_process(const std::vector<std::string>& words, const process_options& options) {
    return process(words, options).finish();
}

} // namespace windtunnel::testing
