// SPDX-License-Identifier: BSL-1.0
// Writing what was computed, and noticing when that fails: a full disk must not pass for success. A
// closed pipe is no failure: its reader has seen enough. Results go to stdout, everything else to
// stderr.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace windtunnel::cli {

/// EX_IOERR of sysexits.h: what was computed could not be written.
inline constexpr int exit_not_written = 74;

/// Whether all of it was written; a failure is reported on stderr (the first time only).
bool print(std::string_view text);
/// True once a `print` has failed.
bool stdout_failed();

/// "windtunnel: message" on stderr.
void complain(std::string_view message);

/// As it stands, on stderr: what is for a machine that reads along.
void print_aside(std::string_view text);

/// Appends to a file, which is made where there is none. Empty, or why it could not.
std::string append(const std::string& path, std::string_view text);

/// Throws usage_error where one of the outputs (FILE or KIND=FILE) is a file that is read, or two
/// of them are the same file: the second would take the place of the first.
void check_apart(const std::vector<std::string>& outputs, const std::vector<std::string>& inputs);

/// A file to be written at the end, opened at the beginning, so that a bad path is noticed before a
/// long run. What it held stays until all of the new text is on the disk, whatever happens before
/// that; a file that was made and never written is removed.
class output_file {
  public:
    /// Throws std::runtime_error, naming path and reason, when it cannot be opened for writing.
    explicit output_file(std::string path);
    output_file(output_file&& other) noexcept;
    output_file& operator=(output_file&&) = delete;
    ~output_file();

    const std::string& path() const { return path_; }
    /// False, with a message on stderr, when not all of it could be written.
    bool write(std::string_view text);

  private:
    int write_whole(std::string_view text);
    int write_in_place(std::string_view text);

    std::string path_;
    int fd_ = -1;
    bool made_ = false, written_ = false;
};

} // namespace windtunnel::cli
