// SPDX-License-Identifier: BSL-1.0
// Runs several scenarios on several threads and hands their results on in the order in which they
// were asked for, each as soon as those before it are there. The results do not depend on the
// number of threads. Scenarios on a SimGrid platform fork, so they run when no thread does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/invocation.hpp"
#include "cli/progress.hpp"
#include "scenarios/src/replications.hpp"

namespace windtunnel::cli {

struct finished_job {
    scenario::replicated_result result;
    std::string error; ///< why there is no result; the verdict of `result` says what it means
};

/// Calls `done` from the calling thread. After a signal the jobs that have not begun are left out.
void run_jobs(const std::vector<run_job>& jobs, unsigned threads, progress_line& progress,
              const std::function<void(const run_job&, finished_job&&)>& done);

} // namespace windtunnel::cli
