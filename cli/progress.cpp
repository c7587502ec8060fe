// SPDX-License-Identifier: BSL-1.0
#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/terminal.hpp"
#include "scenarios/src/reports/paint.hpp"

namespace windtunnel::cli {

namespace {

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds quiet_at_first = 1s, between_rewrites = 100ms,
                                    between_lines = 5s;

std::string short_count(double value) {
    if (value >= 1e6)
        return fmt::format("{:.1f} M", value / 1e6);
    return value >= 1e3 ? fmt::format("{:.0f} k", value / 1e3) : fmt::format("{:.0f}", value);
}

std::string about(double seconds) {
    if (seconds < 100)
        return fmt::format("{:.0f} s", seconds);
    return seconds < 6000 ? fmt::format("{:.0f} min", seconds / 60)
                          : fmt::format("{:.1f} h", seconds / 3600);
}

std::string bar(double share) {
    constexpr int cells = 20;
    const int full = std::clamp(static_cast<int>(share * cells), 0, cells);
    std::string text;
    for (int i = 0; i < cells; ++i)
        text += i < full ? "━" : "─";
    return text;
}

void put(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
}

} // namespace

progress_line::progress_line(progress_style style)
    : rewrites_(style == progress_style::automatic && can_rewrite(STDERR_FILENO)),
      plain_(style == progress_style::plain) {}

std::string progress_line::text(const progress_state& s, double seconds) const {
    std::string out = fmt::format("{:3.0f} %", s.share * 100);
    if (rewrites_)
        out = bar(s.share) + " " + out;
    if (s.all > 1)
        out += fmt::format("  {}: {} of {} runs", s.name, s.done, s.all);
    else
        out += fmt::format("  {}: {:.0f} of {:.0f} s", s.name, s.simulated, s.planned);
    out += fmt::format("  {} events/s", short_count(static_cast<double>(s.events) / seconds));
    if (s.share > 0.01)
        out += fmt::format("  {} left", about(seconds * (1 - s.share) / s.share));
    return out;
}

void progress_line::show(const progress_state& state) {
    if (!rewrites_ && !plain_)
        return;
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    if (now - begun_ < quiet_at_first || (shown_ && now - last_ < between_rewrites) ||
        (shown_ && plain_ && now - last_ < between_lines))
        return;
    last_ = now;
    shown_ = true;
    const std::string line = text(state, std::chrono::duration<double>(now - begun_).count());
    if (rewrites_)
        put("\r\x1b[K" + scenario::cut_to(line, width_of(STDERR_FILENO) - 1));
    else
        put(line + "\n");
}

void progress_line::without(const std::function<void()>& print) {
    const std::lock_guard lock(mutex_);
    if (shown_ && rewrites_)
        put("\r\x1b[K");
    shown_ = shown_ && plain_;
    print();
}

} // namespace windtunnel::cli
