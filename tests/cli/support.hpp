// SPDX-License-Identifier: BSL-1.0
// The program under test.
#pragma once

#include <string>
#include <vector>

#include "support/files.hpp"
#include "support/process.hpp"
#include "support/repository.hpp"

namespace windtunnel::cli {

using test::content;
using test::scratch_folder;
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

} // namespace windtunnel::cli
