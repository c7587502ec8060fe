// SPDX-License-Identifier: BSL-1.0
// Assertions that stay on in release: a broken invariant is a bug in this program, never bad input
// and never a simulated failure. The message goes to standard error and the program ends with 70.
#pragma once

namespace windtunnel {

/// Prints "windtunnel: bug: what (file:line)" and ends the program with exit code 70, through the
/// handler that set_bug_handler installed, if any. Never returns.
[[noreturn]] void report_bug(const char* what, const char* file, int line) noexcept;

/// Called by report_bug after printing, to save what was computed; it must not throw.
void set_bug_handler(void (*handler)() noexcept) noexcept;

} // namespace windtunnel

#define WINDTUNNEL_ASSERT(condition)                                                               \
    ((condition) ? static_cast<void>(0)                                                            \
                 : ::windtunnel::report_bug("assertion failed: " #condition, __FILE__, __LINE__))
