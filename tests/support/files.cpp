// SPDX-License-Identifier: BSL-1.0
#include "support/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

namespace windtunnel::test {

std::string content(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

scratch_folder::scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "windtunnel-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
}

scratch_folder::~scratch_folder() {
    std::filesystem::remove_all(path_);
}

std::string scratch_folder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return file(name);
}

std::string golden(const std::filesystem::path& path, const std::string& text) {
    if (std::getenv("WINDTUNNEL_UPDATE") != nullptr)
        std::ofstream(path, std::ios::binary) << text;
    return content(path);
}

} // namespace windtunnel::test
