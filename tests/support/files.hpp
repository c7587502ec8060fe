// SPDX-License-Identifier: BSL-1.0
// Files of tests: what one holds, folders that go away, and files that a test writes anew.
#pragma once

#include <filesystem>
#include <string>

namespace windtunnel::test {

/// All bytes; none where it cannot be read.
std::string content(const std::filesystem::path& path);

/// A new folder that anybody may enter, removed with everything in it at the end.
class scratch_folder {
  public:
    scratch_folder();
    ~scratch_folder();
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string path() const { return path_.string(); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    /// Its path.
    std::string write(const std::string& name, const std::string& text) const;

  private:
    std::filesystem::path path_;
};

/// What the file holds; with WINDTUNNEL_UPDATE=1 in the environment it is written first, with that
/// text. `CHECK(golden(path, text) == text)`.
std::string golden(const std::filesystem::path& path, const std::string& text);

} // namespace windtunnel::test
