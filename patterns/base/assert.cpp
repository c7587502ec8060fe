// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/assert.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace windtunnel {

namespace {
std::atomic<void (*)() noexcept> bug_handler{nullptr};
constexpr int exit_internal_error = 70; // EX_SOFTWARE of sysexits.h
} // namespace

void set_bug_handler(void (*handler)() noexcept) noexcept {
    bug_handler = handler;
}

void report_bug(const char* what, const char* file, int line) noexcept {
    std::fprintf(stderr, "windtunnel: bug: %s (%s:%d)\n", what, file, line);
    std::fflush(stderr);
    if (auto* handler = bug_handler.exchange(nullptr))
        handler();
    std::_Exit(exit_internal_error);
}

} // namespace windtunnel
