// SPDX-License-Identifier: BSL-1.0
// The program under test, and a folder for its files.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/repository.hpp"

namespace windtunnel::cli {

using testing::process;
using testing::process_end;
using testing::process_options;

inline const std::string data = test::in_repository("tests/data/cli/").string();

inline std::vector<std::string> words_of(std::vector<std::string> words) {
    words.insert(words.begin(), WINDTUNNEL_PROGRAM);
    return words;
}

/// Runs `windtunnel words...`.
inline process_end windtunnel(const std::vector<std::string>& words,
                              const process_options& options = {}) {
    return testing::run_process(words_of(words), options);
}

inline std::string content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// A new folder, removed with everything in it at the end.
class scratch_folder {
  public:
    scratch_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "windtunnel-XXXXXX").string();
        path_ = mkdtemp(name.data());
        std::filesystem::permissions(path_, std::filesystem::perms{0755});
    }
    ~scratch_folder() { std::filesystem::remove_all(path_); }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    std::string path() const { return path_.string(); }
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
        return file(name);
    }

  private:
    std::filesystem::path path_;
};

} // namespace windtunnel::cli
