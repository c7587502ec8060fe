// SPDX-License-Identifier: BSL-1.0
#include "patterns/trace/span_recorder.hpp"

#include <algorithm>

namespace windtunnel {

namespace {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection.
std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/// Of the n-th span of a trace. All of one trace differ; zero is no id.
std::uint64_t span_id(std::uint64_t high, std::uint64_t low, std::uint64_t parent,
                      std::uint32_t n) {
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15;
    const std::uint64_t id = mix(mix(high + mix(low ^ parent)) + step * (n + 1));
    return id == 0 ? step : id;
}

/// R >= T of OpenTelemetry's consistent probability sampling: 2^56 times what is not recorded.
std::uint64_t rejection_threshold(double share) {
    return static_cast<std::uint64_t>((1 - share) * 0x1.0p56);
}

/// A wait that was none.
bool says_nothing(const span& s) {
    return is_leaf(s.role) && s.how == span_end::ok && s.start == s.end &&
           (s.role == span_role::queue || s.role == span_role::network ||
            s.role == span_role::work || s.role == span_role::permit);
}

} // namespace

span_outcome span_outcome_of(const outcome<reply>& result) {
    if (!result.ok())
        return span_outcome::failed(result.failed().kind, result.failed().status);
    return {.how = result.value().degraded ? span_end::degraded : span_end::ok};
}

span_recorder::span_recorder(const trace_options& options, std::vector<random_stream> ids,
                             random_stream draws)
    : options_(options), threshold_(rejection_threshold(options.head)), ids_(std::move(ids)),
      selection_(options_, ids_.size(), draws) {
    options.validate();
    counts_.begun.resize(ids_.size());
}

// ---- traces -------------------------------------------------------------------------------------

bool span_recorder::is_wanted(const trace_context& context) const {
    return std::any_of(options_.wanted.begin(), options_.wanted.end(), [&](const auto& prefix) {
        return prefix.matches(context.trace_high, context.trace_low);
    });
}

span_handle span_recorder::begin_recorded(std::uint32_t origin, std::uint32_t subject,
                                          time_point now, trace_context& context) {
    const span_handle root = start_trace(origin, context, span_role::call, {subject}, now);
    if (root != 0)
        context = context_of(root);
    return root;
}

span_handle span_recorder::join(std::uint32_t origin, span_role role, const span_about& about,
                                time_point now, const trace_context& context) {
    ++counts_.begun[origin];
    if (!context.sampled && !is_wanted(context))
        return 0;
    return start_trace(origin, context, role, about, now);
}

span_handle span_recorder::start_trace(std::uint32_t origin, const trace_context& context,
                                       span_role role, const span_about& about, time_point now) {
    if (live_ >= options_.under_way) {
        ++counts_.crowded;
        return 0;
    }
    if (free_traces_.empty()) {
        free_traces_.push_back(static_cast<std::uint32_t>(traces_.size()));
        traces_.emplace_back();
    }
    const std::uint32_t index = free_traces_.back();
    free_traces_.pop_back();
    live_trace& t = traces_[index];
    t = {.high = context.trace_high,
         .low = context.trace_low,
         .parent = context.span,
         .origin = origin,
         .holders = 1,
         .wanted = is_wanted(context)};
    ++counts_.recorded;
    return add(index, span::no_parent, role, now, about);
}

void span_recorder::hold(span_handle s) {
    if (s != 0)
        ++traces_[at(s).of].holders;
}

void span_recorder::release(span_handle s, time_point now) {
    if (s == 0)
        return;
    const std::uint32_t index = at(s).of;
    live_trace& t = traces_[index];
    if (--t.holders > 0)
        return;
    for (span_handle each = t.first; each != 0; each = at(each).next)
        if (at(each).how == span_end::open)
            at(each).end = now;
    finish(index);
}

void span_recorder::finish(std::uint32_t index) {
    const live_trace& t = traces_[index];
    const span& root = at(t.first);
    ++counts_.finished;
    counts_.broken += t.broken;
    const trace_selection::candidate c{t.origin, root.start, root.length(), root.failed(),
                                       t.wanted};
    const auto where = selection_.choose(c);
    if (where.rules != 0)
        selection_.keep(where, c, copy(t));
    free(index);
}

trace span_recorder::copy(const live_trace& t) const {
    trace result{t.high, t.low, t.parent, t.origin, t.left_out, 0, {}};
    result.spans.reserve(t.spans);
    std::vector<std::uint32_t> places(t.spans, span::no_parent);
    for (span_handle each = t.first; each != 0; each = at(each).next) {
        span s = at(each);
        if (says_nothing(s))
            continue;
        if (s.parent != span::no_parent)
            s.parent = places[s.parent];
        places[at(each).place] = static_cast<std::uint32_t>(result.spans.size());
        result.spans.push_back(s);
    }
    return result;
}

void span_recorder::free(std::uint32_t index) {
    live_trace& t = traces_[index];
    for (span_handle each = t.first; each != 0; each = at(each).next)
        at(each).id = 0; // who still knows it finds nothing
    at(t.last).next = free_;
    free_ = t.first;
    live_ -= t.spans;
    t = {};
    free_traces_.push_back(index);
}

// ---- spans --------------------------------------------------------------------------------------

span_handle span_recorder::take() {
    if (free_ != 0) {
        const span_handle taken = free_;
        free_ = at(taken).next;
        return taken;
    }
    if (taken_ == chunks_.size() * chunk)
        chunks_.push_back(std::make_unique<std::array<live_span, chunk>>());
    return ++taken_;
}

span_handle span_recorder::add(std::uint32_t of, std::uint32_t parent, span_role role,
                               time_point now, const span_about& about) {
    live_trace& t = traces_[of];
    if (t.spans >= options_.spans || live_ >= options_.under_way) {
        ++t.left_out;
        return 0;
    }
    const span_handle h = take();
    live_span& s = at(h);
    s = {};
    s.id = span_id(t.high, t.low, t.parent, t.spans);
    s.parent = parent;
    s.subject = about.subject;
    s.start = s.end = now;
    s.attempt = about.attempt;
    s.replica = about.replica;
    s.role = role;
    s.of = of;
    s.place = t.spans++;
    ++live_;
    if (t.first == 0)
        t.first = h;
    else
        at(t.last).next = h;
    t.last = h;
    return h;
}

span_handle span_recorder::open(span_handle parent, span_role role, time_point now,
                                const span_about& about) {
    return parent == 0 ? 0 : add(at(parent).of, at(parent).place, role, now, about);
}

span_handle span_recorder::open_detached(span_handle near, span_role role, time_point now,
                                         const span_about& about) {
    if (near == 0)
        return 0;
    ++counts_.detached;
    traces_[at(near).of].broken = true;
    return add(at(near).of, span::no_parent, role, now, about);
}

void span_recorder::close(span_handle h, time_point now, const span_outcome& end) {
    if (h == 0 || at(h).how != span_end::open)
        return;
    live_span& s = at(h);
    s.end = now;
    s.how = end.how;
    s.why = end.why;
    s.status = end.status;
    if (s.place == 0)
        release(h, now);
}

span_handle span_recorder::become(span_handle leaf, span_role role, time_point now) {
    if (leaf == 0)
        return 0;
    if (at(leaf).start == now) {
        at(leaf).role = role;
        return leaf;
    }
    close(leaf, now);
    return add(at(leaf).of, at(leaf).parent, role, now,
               {at(leaf).subject, at(leaf).attempt, at(leaf).replica});
}

void span_recorder::mark(span_handle parent, span_role role, time_point now,
                         const span_outcome& end, const span_about& about) {
    close(open(parent, role, now, about), now, end);
}

void span_recorder::lost_call(span_handle s) {
    if (s == 0)
        return;
    ++counts_.lost_calls;
    traces_[at(s).of].broken = true;
    auto& lost = at(s).lost_calls;
    lost = static_cast<std::uint16_t>(std::min(lost + 1, 0xffff));
}

void span_recorder::begin_wait(span_handle call, span_role role, std::uint32_t attempt,
                               time_point now) {
    const span_handle wait = open(call, role, now, {at(call).subject, attempt});
    if (wait != 0)
        at(wait).waiting = std::exchange(at(call).waiting, wait);
}

void span_recorder::end_wait(span_handle call, std::uint32_t attempt, time_point now,
                             const span_outcome& end) {
    for (span_handle* each = &at(call).waiting; *each != 0; each = &at(*each).waiting)
        if (at(*each).attempt == attempt) {
            const span_handle over = std::exchange(*each, at(*each).waiting);
            return close(over, now, end);
        }
}

trace_context span_recorder::context_of(span_handle h) const {
    if (h == 0)
        return {};
    const live_span& s = at(h);
    const live_trace& t = traces_[s.of];
    return {
        .trace_high = t.high, .trace_low = t.low, .span = s.id, .sampled = true, .recording = h};
}

} // namespace windtunnel
