// SPDX-License-Identifier: BSL-1.0
#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace windtunnel::cli {

namespace {

bool print_failed = false;

/// 0, or the errno that stopped it.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

std::string reason(int error) {
    return std::strerror(error);
}

} // namespace

bool print(std::string_view text) {
    const int error = write_all(STDOUT_FILENO, text);
    if (error == 0 || error == EPIPE)
        return true;
    if (!std::exchange(print_failed, true))
        complain(fmt::format("cannot write to standard output: {}", reason(error)));
    return false;
}

bool stdout_failed() {
    return print_failed;
}

void complain(std::string_view message) {
    write_all(STDERR_FILENO, fmt::format("windtunnel: {}\n", message));
}

void print_aside(std::string_view text) {
    write_all(STDERR_FILENO, text);
}

std::string append(const std::string& path, std::string_view text) {
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return reason(errno);
    int error = write_all(fd, text);
    if (close(fd) != 0 && error == 0)
        error = errno;
    return error == 0 ? "" : reason(error);
}

output_file::output_file(std::string path) : path_(std::move(path)) {
    struct stat before {};
    made_ = stat(path_.c_str(), &before) != 0;
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd_ < 0)
        throw std::runtime_error(
            fmt::format("cannot write {}: {} (given with --out)", path_, reason(errno)));
}

output_file::output_file(output_file&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)), made_(other.made_),
      written_(other.written_) {}

output_file::~output_file() {
    if (fd_ < 0)
        return;
    close(fd_);
    if (made_ && !written_)
        unlink(path_.c_str());
}

bool output_file::write(std::string_view text) {
    written_ = true;
    if (ftruncate(fd_, 0) != 0 && errno != EINVAL) { // a device or a pipe has no length
        complain(fmt::format("cannot write {}: {}", path_, reason(errno)));
        return false;
    }
    int error = write_all(fd_, text);
    if (error == 0 && close(std::exchange(fd_, -1)) != 0)
        error = errno;
    if (error != 0 && error != EPIPE)
        complain(fmt::format("cannot write {}: {}", path_, reason(error)));
    return error == 0 || error == EPIPE;
}

} // namespace windtunnel::cli
