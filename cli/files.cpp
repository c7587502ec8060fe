// SPDX-License-Identifier: BSL-1.0
#include "cli/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "cli/help.hpp"

namespace windtunnel::cli {

namespace fs = std::filesystem;

namespace {

bool has_json(const fs::path& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().extension() == ".json")
            return true;
    return false;
}

} // namespace

fs::path program_folder() {
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    return error ? fs::path{} : self.parent_path();
}

fs::path catalogue_folder(const std::string& kind) {
    const fs::path program = program_folder();
    if (const fs::path shared = program.parent_path() / "share/windtunnel" / kind; has_json(shared))
        return shared;
    for (fs::path folder = program; folder != folder.root_path(); folder = folder.parent_path())
        if (fs::exists(folder / "CMakePresets.json") && has_json(folder / kind))
            return folder / kind;
    return {};
}

std::vector<fs::path> json_files(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().extension() == ".json" && entry.is_regular_file())
            files.push_back(entry.path());
    if (error)
        throw usage_error(fmt::format("cannot read the folder {}: {}",
                                      topology::in_quotes(folder.string()), error.message()));
    std::sort(files.begin(), files.end());
    return files;
}

file_kind kind_of(const topology::document& file) {
    const topology::node& root = file.root();
    if (root.find("topology") != nullptr || root.find("workload") != nullptr)
        return file_kind::scenario;
    if (root.find("services") != nullptr)
        return file_kind::topology;
    topology::fail(root, "this is neither a scenario (which has \"topology\" and \"workload\") nor "
                         "a topology (which has \"services\")");
}

} // namespace windtunnel::cli
