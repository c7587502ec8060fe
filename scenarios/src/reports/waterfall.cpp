// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/waterfall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/trace/critical_path.hpp"
#include "patterns/trace/trace_id.hpp"
#include "scenarios/src/reports/paint.hpp"
#include "scenarios/src/reports/wording.hpp"

namespace windtunnel::scenario {

namespace {

constexpr std::size_t mark_width = 2, kind_width = 8, time_width = 7, column_gap = 1,
                      narrowest_bar = 10;

std::string padded(const std::string& text, std::size_t width) {
    const std::string cut = cut_to(text, width);
    return cut + std::string(width - std::min(width, columns_of(cut)), ' ');
}

std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, columns_of(text)), ' ') + text;
}

std::string bar_time_text(duration d) {
    return short_time(in_seconds(d));
}

/// "failed: timed_out"; empty: well.
std::string ending_of(const span& s) {
    switch (s.how) {
    case span_end::open:
        return "not over";
    case span_end::degraded:
        return "degraded";
    case span_end::failed:
        return std::string(windtunnel::to_string(s.why));
    case span_end::ok:
        break;
    }
    return s.role == span_role::fallback ? "for " + std::string(windtunnel::to_string(s.why)) : "";
}

class waterfall_picture {
  public:
    waterfall_picture(const run_result& result, const kept_trace& t, const waterfall_options& o)
        : result_(result), seed_(t.seed), trace_(t.what), options_(o), paint_(o.colours),
          path_(critical_path(trace_)), self_(self_times(trace_)) {
        critical_.resize(trace_.spans.size());
        for (const path_segment& each : path_)
            critical_[each.span] = true;
        begin_ = trace_.root().start;
        end_ = begin_;
        for (const span& s : trace_.spans)
            end_ = std::max(end_, s.end);
    }

    std::string draw() const {
        std::string text = head() + "\n" + columns();
        for (std::uint32_t i = 0; i < trace_.spans.size(); ++i)
            if (trace_.spans[i].parent == span::no_parent)
                text += subtree(i, 0);
        return text + foot();
    }

  private:
    // ---- around the waterfall_picture
    // ---------------------------------------------------------------------

    std::string head() const {
        const span& root = trace_.root();
        const std::string ending = ending_of(root);
        std::string text = fmt::format("trace {}\n", trace_id_text(trace_.high, trace_.low));
        text +=
            paint_(ink::strong,
                   fmt::format("{}, at {}, took {}{}", name_of(result_, trace_, root),
                               bar_time_text(root.start.time_since_epoch()),
                               bar_time_text(root.length()), ending.empty() ? "" : ": " + ending)) +
            "\n";
        const auto place = std::find(result_.seeds.begin(), result_.seeds.end(), seed_);
        if (result_.seeds.size() > 1 && place != result_.seeds.end())
            text += fmt::format("of replication {} of {}, seed {}\n",
                                place - result_.seeds.begin() + 1, result_.seeds.size(), seed_);
        return text;
    }

    std::string columns() const {
        return paint_(ink::dim, std::string(mark_width, ' ') + padded("span", name_width()) +
                                    padded(" kind", column_gap + kind_width) +
                                    right("time", column_gap + time_width) +
                                    right("self", column_gap + time_width) + scale()) +
               "\n";
    }

    std::string scale() const {
        const std::string whole = bar_time_text(end_ - begin_);
        return " 0" + right(whole, bar_width() - 1);
    }

    std::string foot() const {
        std::string text;
        if (trace_.left_out > 0)
            text += fmt::format("({} more spans were not recorded: \"spans\" in the scenario's "
                                "\"tracing\" says how many)\n",
                                grouped(trace_.left_out));
        for (const span& s : trace_.spans)
            if (s.lost_calls > 0)
                text += fmt::format("broken: {} passed no trace context to {} of its calls, which "
                                    "are other traces\n",
                                    name_of(result_, trace_, s), s.lost_calls);
        if (trace_.origin < result_.traces->services)
            text += fmt::format("broken: begun by {}, which drops the trace context of the request "
                                "that this is part of\n",
                                result_.traces->origins[trace_.origin].name);
        const auto hanging =
            std::count_if(trace_.spans.begin() + 1, trace_.spans.end(),
                          [](const span& s) { return s.parent == span::no_parent; });
        if (hanging > 0)
            text += fmt::format("broken: {} calls carried only X-Trace-ID, so nothing says who "
                                "made them (marked ?)\n",
                                hanging);
        const std::string spent = spent_on(trace_);
        if (!spent.empty())
            text += wrapped("critical path (*): " + spent, 0, options_.width);
        return text;
    }

    // ---- lines ----------------------------------------------------------------------------------

    std::size_t name_width() const {
        const std::size_t fixed = mark_width + kind_width + 2 * time_width + 4 * column_gap;
        const std::size_t rest = options_.width - std::min(options_.width, fixed);
        return std::max<std::size_t>(rest * 6 / 10, 12);
    }
    std::size_t bar_width() const {
        const std::size_t used =
            mark_width + name_width() + kind_width + 2 * time_width + 4 * column_gap;
        return std::max(narrowest_bar, options_.width - std::min(options_.width, used));
    }

    std::string subtree(std::uint32_t at, std::size_t depth) const {
        std::string text = line(at, depth);
        for (std::uint32_t i = at + 1; i < trace_.spans.size(); ++i)
            if (trace_.spans[i].parent == at)
                text += subtree(i, depth + 1);
        return text;
    }

    std::string line(std::uint32_t at, std::size_t depth) const {
        const span& s = trace_.spans[at];
        const bool hangs = s.parent == span::no_parent && at != 0;
        const std::string mark = critical_[at] ? "* " : hangs ? "? " : "  ";
        const std::string ending = ending_of(s);
        const std::string name = std::string(depth, ' ') + name_of(result_, trace_, s) +
                                 (ending.empty() ? "" : " !" + ending);
        const std::string left = mark + padded(name, name_width()) + " " +
                                 padded(std::string(windtunnel::to_string(kind_of(s))), kind_width);
        const ink style = s.failed() ? ink::bad : critical_[at] ? ink::strong : ink::plain;
        const bool has_own = !is_leaf(s.role) && self_[at] > duration::zero();
        return paint_(style, left) + " " + right(bar_time_text(s.length()), time_width) + " " +
               right(has_own ? bar_time_text(self_[at]) : "", time_width) + " " + bar(at) + "\n";
    }

    /// Where the path goes through it the bar is solid.
    std::string bar(std::uint32_t at) const {
        const span& s = trace_.spans[at];
        const std::size_t width = bar_width(), from = column(s.start, width),
                          to = std::max(from + 1, column_up(s.end, width));
        std::string text(from, ' ');
        for (std::size_t i = from; i < std::min(to, width); ++i)
            text += s.length() == duration::zero() ? "|" : on_path(at, i, width) ? "█" : "─";
        return critical_[at] ? paint_(ink::strong, text) : text;
    }

    bool on_path(std::uint32_t at, std::size_t cell, std::size_t width) const {
        return std::any_of(path_.begin(), path_.end(), [&](const path_segment& each) {
            return each.span == at && column(each.begin, width) <= cell &&
                   cell < std::max(column(each.begin, width) + 1, column_up(each.end, width));
        });
    }

    double share_of(time_point t) const {
        const duration whole = std::max(duration{1}, end_ - begin_);
        return static_cast<double>((t - begin_).count()) / static_cast<double>(whole.count());
    }
    std::size_t column(time_point t, std::size_t width) const {
        return std::min(width - 1,
                        static_cast<std::size_t>(share_of(t) * static_cast<double>(width)));
    }
    std::size_t column_up(time_point t, std::size_t width) const {
        const double place = share_of(t) * static_cast<double>(width);
        const auto whole = static_cast<std::size_t>(place);
        return std::min(width, whole + (place - static_cast<double>(whole) > 1e-9 ? 1 : 0));
    }

    const run_result& result_;
    std::uint64_t seed_;
    const trace& trace_;
    const waterfall_options& options_;
    painter paint_;
    std::vector<path_segment> path_;
    std::vector<duration> self_;
    std::vector<bool> critical_;
    time_point begin_, end_;
};

/// What a span's own time on the critical path is.
std::string_view spent_name(span_role role) {
    switch (role) {
    case span_role::call:
        return "policies";
    case span_role::attempt:
        return "no answer";
    case span_role::server:
        return "not recorded";
    case span_role::held:
        return "injected delay";
    case span_role::permit:
        return "permits";
    case span_role::flight:
        return "another's request";
    default:
        return windtunnel::to_string(role);
    }
}

} // namespace

std::string name_of(const run_result& result, const trace& t, const span& s) {
    if (is_leaf(s.role))
        return std::string(windtunnel::to_string(s.role));
    const endpoint_result& to = result.endpoints[s.subject];
    const std::string target = to.service + "." + to.endpoint;
    if (&s == &t.root())
        return result.traces->origins[t.origin].name + ": " + target;
    if (s.role == span_role::server)
        return fmt::format("{}#{}.{}", to.service, s.replica, to.endpoint);
    if (s.role == span_role::attempt && s.attempt > 1)
        return fmt::format("{} try {}", target, s.attempt);
    return target;
}

std::string spent_on(const trace& t) {
    std::array<duration, span_role_count> sums{};
    for (const path_segment& each : critical_path(t))
        sums[static_cast<std::size_t>(t.spans[each.span].role)] += each.length();
    std::vector<std::pair<duration, std::size_t>> order;
    for (std::size_t i = 0; i < sums.size(); ++i)
        if (sums[i] > duration::zero())
            order.emplace_back(sums[i], i);
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    std::string text;
    for (const auto& [sum, role] : order)
        text += fmt::format("{}{} {} %", text.empty() ? "" : ", ",
                            spent_name(static_cast<span_role>(role)),
                            three_digits(100 * in_seconds(sum) / in_seconds(t.length())));
    return text;
}

std::string waterfall(const run_result& result, const kept_trace& t,
                      const waterfall_options& options) {
    return waterfall_picture(result, t, options).draw();
}

std::string broken_text(const trace_result& all) {
    if (all.broken == 0 && all.lost_calls == 0 && all.detached == 0)
        return "";
    std::string text = fmt::format("{} of {} recorded traces are broken: ", grouped(all.broken),
                                   grouped(all.recorded));
    if (all.lost_calls > 0)
        text += fmt::format("{} calls carried no trace context", grouped(all.lost_calls));
    if (all.detached > 0)
        text += fmt::format("{}{} calls carried only X-Trace-ID", all.lost_calls > 0 ? ", " : "",
                            grouped(all.detached));
    for (std::uint32_t i = 0; i < all.services; ++i)
        if (all.origins[i].begun > 0)
            text += fmt::format("; {} began {} traces of its own", all.origins[i].name,
                                grouped(all.origins[i].begun));
    return text;
}

} // namespace windtunnel::scenario
