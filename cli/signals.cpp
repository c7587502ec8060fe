// SPDX-License-Identifier: BSL-1.0
#include "cli/signals.hpp"

#include <unistd.h>

#include <csignal>

namespace windtunnel::cli {

namespace {

std::atomic<bool> stop{false};
std::atomic<int> caught{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void ask_to_stop(int signal) {
    int none = 0;
    if (!caught.compare_exchange_strong(none, signal))
        _exit(128 + signal);
    stop = true;
}

} // namespace

void catch_signals() {
    struct sigaction action {};
    action.sa_handler = ask_to_stop;
    sigfillset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        sigaction(signal, &action, nullptr);
}

void ignore_closed_pipes(bool ignore) {
    std::signal(SIGPIPE, ignore ? SIG_IGN : SIG_DFL);
}

const std::atomic<bool>& stop_asked() {
    return stop;
}

int signal_caught() {
    return caught;
}

} // namespace windtunnel::cli
