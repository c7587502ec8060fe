// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/critical_path.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

namespace windtunnel {

namespace {

using place = std::uint32_t;
using children_of = std::vector<std::vector<place>>;

children_of children(const trace& of) {
    children_of all(of.spans.size());
    for (place i = 0; i < of.spans.size(); ++i)
        if (of.spans[i].parent != span::no_parent)
            all[of.spans[i].parent].push_back(i);
    return all;
}

class backwards {
  public:
    explicit backwards(const trace& of) : trace_(of), children_(children(of)) {}

    std::vector<path_segment> walk() {
        visit(0, trace_.root().end);
        std::reverse(segments_.begin(), segments_.end());
        return std::move(segments_);
    }

  private:
    void visit(place at, time_point until) {
        const span& s = trace_.spans[at];
        while (until > s.start) {
            const auto last = last_child(at, until);
            if (!last)
                break;
            const span& child = trace_.spans[*last];
            const time_point end = std::min(child.end, until);
            add(at, end, until);
            visit(*last, end);
            until = std::max(child.start, s.start);
        }
        add(at, s.start, until);
    }

    /// Who ended last before `until`, or was still at it. Of several the one that ended well, then
    /// the one that began last: it decided; the others were given up.
    std::optional<place> last_child(place at, time_point until) const {
        std::optional<place> found;
        const auto rank = [&](place p) {
            const span& c = trace_.spans[p];
            return std::tuple(std::min(c.end, until), c.end <= until && !c.failed(), c.start);
        };
        for (const place each : children_[at]) {
            const span& c = trace_.spans[each];
            if (c.start < until && c.end > c.start && (!found || rank(each) > rank(*found)))
                found = each;
        }
        return found;
    }

    void add(place at, time_point begin, time_point end) {
        if (end <= begin)
            return;
        if (!segments_.empty() && segments_.back().span == at && segments_.back().begin == end)
            segments_.back().begin = begin;
        else
            segments_.push_back({at, begin, end});
    }

    const trace& trace_;
    children_of children_;
    std::vector<path_segment> segments_;
};

} // namespace

std::vector<path_segment> critical_path(const trace& of) {
    return backwards(of).walk();
}

std::vector<duration> self_times(const trace& of) {
    const children_of all = children(of);
    std::vector<duration> result;
    for (place i = 0; i < of.spans.size(); ++i) {
        const span& s = of.spans[i];
        duration self = s.length();
        time_point seen = s.start; // children are in the order in which they began
        for (const place each : all[i]) {
            const span& c = of.spans[each];
            const time_point begin = std::max(seen, c.start), end = std::min(s.end, c.end);
            if (end > begin) {
                self -= end - begin;
                seen = end;
            }
        }
        result.push_back(self);
    }
    return result;
}

} // namespace windtunnel
