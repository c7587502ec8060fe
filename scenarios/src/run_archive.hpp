// SPDX-License-Identifier: BSL-1.0
// Runs as one file that holds all that they found (see archive.hpp), with what became of their
// expectations: what `windtunnel run -o FILE.wtrun` writes and `windtunnel explain` reads. The text
// "windtunnel runs", a version, a line's end, then CBOR as a
// line of base64url. The same runs are the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenarios/src/explain/violation.hpp"
#include "scenarios/src/result.hpp"

namespace windtunnel::scenario {

struct archived_run {
    run_result result;
    std::vector<explain::told_expectation> expectations;
    std::string file, reproduce; ///< of the scenario; the command line that gives it again
};

bool is_run_archive(std::string_view bytes); ///< by how it begins
std::string to_run_archive(const std::vector<archived_run>& runs);

/// Throws std::invalid_argument when the bytes are not such an archive, or only part of one.
std::vector<archived_run> from_run_archive(std::string_view bytes);

} // namespace windtunnel::scenario
