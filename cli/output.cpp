// SPDX-License-Identifier: BSL-1.0
#include "cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "cli/help.hpp"
#include "topologies/src/printable.hpp"

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

namespace fs = std::filesystem;

/// Of "junit=r.xml" what is after the mark, where there is no file of the whole name.
fs::path file_of(const std::string& output) {
    const auto mark = output.find('=');
    std::error_code ignored;
    return mark == std::string::npos || fs::exists(output, ignored) ? output
                                                                    : output.substr(mark + 1);
}

/// Devices and pipes may be named as often as one likes.
bool is_same_file(const fs::path& a, const fs::path& b) {
    std::error_code ignored;
    if (fs::exists(a, ignored) && !fs::is_regular_file(a, ignored))
        return false;
    return fs::equivalent(a, b, ignored) ||
           fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

/// Beside the file, in whose place it comes when all of it is written. Empty: that cannot be.
class replacement {
  public:
    replacement(const std::string& path, const struct stat& of) {
        std::error_code error;
        path_ = fs::canonical(path, error).string(); // what a link points at, not the link
        temporary_ = path_ + ".XXXXXX";
        fd_ = error || of.st_nlink > 1 ? -1 : mkostemp(temporary_.data(), O_CLOEXEC);
        if (fd_ >= 0 && (fchmod(fd_, of.st_mode & 07777U) != 0 || !same_owner(of)))
            give_up();
    }
    ~replacement() { give_up(); }
    replacement(const replacement&) = delete;
    replacement& operator=(const replacement&) = delete;

    explicit operator bool() const { return fd_ >= 0; }
    /// 0, or the errno that stopped it; then the file is as it was.
    int write(std::string_view text) {
        int error = write_all(fd_, text);
        if (error == 0 && fsync(fd_) != 0)
            error = errno;
        if (close(std::exchange(fd_, -1)) != 0 && error == 0)
            error = errno;
        if (error == 0 && std::rename(temporary_.c_str(), path_.c_str()) != 0)
            error = errno;
        if (error != 0)
            unlink(temporary_.c_str());
        return error;
    }

  private:
    bool same_owner(const struct stat& of) const {
        struct stat mine {};
        return fstat(fd_, &mine) == 0 && mine.st_uid == of.st_uid && mine.st_gid == of.st_gid;
    }
    void give_up() {
        if (fd_ < 0)
            return;
        close(std::exchange(fd_, -1));
        unlink(temporary_.c_str());
    }

    std::string path_, temporary_;
    int fd_ = -1;
};

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
    write_all(STDERR_FILENO, fmt::format("windtunnel: {}\n", topology::printable(message, true)));
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

void check_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const fs::path file = file_of(outputs[i]);
        for (const std::string& input : inputs)
            if (is_same_file(file, input))
                throw usage_error(
                    fmt::format("--out {}: {} is read by this command: write to another "
                                "file",
                                outputs[i], input));
        for (std::size_t before = 0; before < i; ++before)
            if (is_same_file(file, file_of(outputs[before])))
                throw usage_error(fmt::format("--out {}: {} is written there already", outputs[i],
                                              outputs[before]));
    }
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

int output_file::write_in_place(std::string_view text) {
    if (ftruncate(fd_, 0) != 0 && errno != EINVAL) // a device or a pipe has no length
        return errno;
    int error = write_all(fd_, text);
    if (error == 0 && close(std::exchange(fd_, -1)) != 0)
        error = errno;
    return error;
}

int output_file::write_whole(std::string_view text) {
    struct stat about {};
    if (fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode))
        return write_in_place(text);
    replacement whole(path_, about);
    return whole ? whole.write(text) : write_in_place(text);
}

bool output_file::write(std::string_view text) {
    const int error = write_whole(text);
    written_ = error == 0 || !made_;
    if (error != 0 && error != EPIPE)
        complain(fmt::format("cannot write {}: {}", path_, reason(error)));
    return error == 0 || error == EPIPE;
}

} // namespace windtunnel::cli
