// SPDX-License-Identifier: BSL-1.0
// Stopping a run from outside: the first SIGINT, SIGTERM or SIGHUP asks it to stop where it is, so
// that what it found is still written; a second one ends the program at once.
#pragma once

#include <atomic>

namespace windtunnel::cli {

/// From now on signals ask.
void catch_signals();
/// A reader that has seen enough of our output is no error.
void ignore_closed_pipes(bool ignore = true);

/// What a run looks at.
const std::atomic<bool>& stop_asked();
/// The signal that asked, or 0.
int signal_caught();

} // namespace windtunnel::cli
