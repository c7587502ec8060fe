// SPDX-License-Identifier: BSL-1.0
#include "gui/model/traces.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "patterns/trace/critical_path.hpp"
#include "patterns/trace/trace_id.hpp"

namespace windtunnel::gui {

namespace {

constexpr std::uint32_t none = span::no_parent;

using kind_of_request = std::pair<std::uint32_t, std::uint32_t>; // origin, endpoint

kind_of_request kind_of_trace(const trace& t) {
    return {t.origin, t.root().subject};
}

std::string why_of(const span& s) {
    std::string why = s.failed() ? std::string(windtunnel::to_string(s.why)) : std::string{};
    std::replace(why.begin(), why.end(), '_', ' ');
    return why;
}

trace_line line_of(const scenario::run_result& of, std::size_t place) {
    const trace& t = of.traces->kept[place].what;
    const scenario::endpoint_result& asked = of.endpoints.at(t.root().subject);
    trace_line line{.place = place,
                    .id = trace_id_text(t.high, t.low),
                    .origin = of.traces->origins.at(t.origin).name,
                    .endpoint = asked.service + "." + asked.endpoint,
                    .begin = t.root().start.time_since_epoch(),
                    .length = t.length(),
                    .failed = t.root().failed(),
                    .why = why_of(t.root())};
    for (const span& s : t.spans) {
        line.retries += s.role == span_role::attempt && s.attempt > 1 ? 1U : 0U;
        line.failed_spans += s.failed() && !is_leaf(s.role) ? 1U : 0U;
    }
    return line;
}

void rank(const scenario::trace_result& traces, std::vector<trace_line>& lines) {
    std::map<kind_of_request, std::vector<duration>> lengths;
    for (const scenario::kept_trace& k : traces.kept)
        lengths[kind_of_trace(k.what)].push_back(k.what.length());
    for (auto& [kind, all] : lengths)
        std::sort(all.begin(), all.end());
    for (trace_line& l : lines) {
        const auto& all = lengths[kind_of_trace(traces.kept[l.place].what)];
        const auto behind = std::upper_bound(all.begin(), all.end(), l.length) - all.begin();
        l.slow_rank = static_cast<double>(behind) / static_cast<double>(all.size());
    }
}

bool comes_before(const trace_line& a, const trace_line& b, trace_order order) {
    if (order == trace_order::most_retried && a.retries != b.retries)
        return a.retries > b.retries;
    if (order == trace_order::failed && a.failed_spans != b.failed_spans)
        return a.failed_spans > b.failed_spans;
    return std::tuple{b.length, a.begin, a.place} < std::tuple{a.length, b.begin, b.place};
}

bool belongs(const trace_line& l, trace_order order) {
    return order == trace_order::slowest || (order == trace_order::failed && l.failed) ||
           (order == trace_order::most_retried && l.retries > 0);
}

time_use use_of_role(span_role role) {
    switch (role) {
    case span_role::work:
        return time_use::work;
    case span_role::network:
        return time_use::network;
    case span_role::back_off:
        return time_use::retry;
    default:
        return time_use::waiting;
    }
}

/// A request of a call that may make several; one that stands alone has no call around it.
bool is_try(const trace& t, const span& s) {
    return s.role == span_role::attempt && s.parent != none &&
           t.spans[s.parent].role == span_role::call;
}

/// Of each span, what its time goes into: that of a try that another one followed is lost, and
/// so is everything in it.
std::vector<time_use> uses_of(const trace& t) {
    std::map<std::uint32_t, std::uint32_t> last_try; // by the call
    for (const span& s : t.spans)
        if (is_try(t, s))
            last_try[s.parent] = std::max(last_try[s.parent], s.attempt);
    std::vector<time_use> uses;
    std::vector<bool> lost;
    for (const span& s : t.spans) {
        const bool inside = s.parent != none && lost[s.parent];
        lost.push_back(inside || (is_try(t, s) && s.attempt < last_try[s.parent]));
        uses.push_back(lost.back() ? time_use::retry : use_of_role(s.role));
    }
    return uses;
}

class builder {
  public:
    builder(const trace& t, const std::vector<std::string>& endpoints)
        : trace_(t), endpoints_(endpoints), uses_(uses_of(t)), start_(t.root().start),
          children_(t.spans.size()), row_of_(t.spans.size(), no_row) {
        for (std::uint32_t i = 1; i < t.spans.size(); ++i)
            children_[t.spans[i].parent == none ? 0 : t.spans[i].parent].push_back(i);
    }

    waterfall build() {
        made_.length = trace_.length();
        visit(0, no_row);
        add_pieces();
        for (const path_segment& s : critical_path(trace_)) {
            made_.spent[static_cast<std::size_t>(uses_[s.span])] += s.length();
            made_.rows[row_of_[s.span]].pieces.push_back(
                {s.begin - start_, s.end - start_, uses_[s.span], true});
        }
        return std::move(made_);
    }

  private:
    static constexpr std::size_t no_row = std::numeric_limits<std::size_t>::max();

    bool has_several_tries(std::uint32_t call) const {
        return std::count_if(children_[call].begin(), children_[call].end(), [&](std::uint32_t c) {
                   return trace_.spans[c].role == span_role::attempt;
               }) > 1;
    }

    /// A call has a row; a try has one where there are several; the rest is in its parent's.
    bool has_row(std::uint32_t index) const {
        const span& s = trace_.spans[index];
        if (index == 0 || s.role == span_role::call)
            return true;
        if (s.role == span_role::attempt)
            return !is_try(trace_, s) || has_several_tries(s.parent);
        return s.role == span_role::server && s.parent == none;
    }

    void visit(std::uint32_t index, std::size_t above) {
        row_of_[index] = above;
        if (has_row(index)) {
            row_of_[index] = made_.rows.size();
            made_.rows.push_back(row(trace_.spans[index], above));
        }
        const std::size_t row = row_of_[index];
        for (const std::uint32_t child : children_[index])
            visit(child, row);
    }

    waterfall_row row(const span& s, std::size_t above) const {
        return {.name = is_try(trace_, s) ? "try " + std::to_string(s.attempt)
                                          : endpoints_.at(s.subject),
                .depth = above == no_row ? 0 : made_.rows[above].depth + 1,
                .begin = s.start - start_,
                .end = s.end - start_,
                .failed = s.failed(),
                .open = s.how == span_end::open,
                .why = why_of(s),
                .pieces = {}};
    }

    void add_pieces() {
        for (std::uint32_t i = 0; i < trace_.spans.size(); ++i) {
            const span& s = trace_.spans[i];
            if (is_leaf(s.role) && s.length() > duration::zero())
                made_.rows[row_of_[i]].pieces.push_back(
                    {s.start - start_, s.end - start_, uses_[i], false});
        }
    }

    const trace& trace_;
    const std::vector<std::string>& endpoints_;
    std::vector<time_use> uses_;
    time_point start_;
    std::vector<std::vector<std::uint32_t>> children_;
    std::vector<std::size_t> row_of_;
    waterfall made_;
};

} // namespace

std::string_view to_string(time_use use) {
    constexpr std::array<std::string_view, time_use_count> names{"own work", "waiting", "network",
                                                                 "retry"};
    return names[static_cast<std::size_t>(use)];
}

std::string_view to_string(trace_order order) {
    constexpr std::array<std::string_view, trace_order_count> names{"slowest", "failed",
                                                                    "most retried"};
    return names[static_cast<std::size_t>(order)];
}

std::vector<trace_line> interesting_traces(const scenario::run_result& of, trace_order order,
                                           std::size_t most) {
    std::vector<trace_line> lines;
    if (!of.traces)
        return lines;
    for (std::size_t i = 0; i < of.traces->kept.size(); ++i)
        if (trace_line line = line_of(of, i); belongs(line, order))
            lines.push_back(std::move(line));
    std::sort(lines.begin(), lines.end(), [order](const trace_line& a, const trace_line& b) {
        return comes_before(a, b, order);
    });
    lines.resize(std::min(lines.size(), most));
    rank(*of.traces, lines);
    return lines;
}

trace_book book_of(scenario::run_result&& of, std::size_t most) {
    trace_book book;
    if (!of.traces)
        return book;
    for (std::size_t i = 0; i < trace_order_count; ++i)
        book.lists[i] = interesting_traces(of, static_cast<trace_order>(i), most);
    for (const scenario::endpoint_result& e : of.endpoints)
        book.endpoints.push_back(e.service + "." + e.endpoint);
    book.recorded = of.traces->recorded;
    book.kept = std::move(of.traces->kept);
    return book;
}

waterfall waterfall_of(const trace& of, const std::vector<std::string>& endpoints) {
    return builder(of, endpoints).build();
}

} // namespace windtunnel::gui
