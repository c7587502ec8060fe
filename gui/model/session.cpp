// SPDX-License-Identifier: BSL-1.0
#include "gui/model/session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "scenarios/src/subjects.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

using real_clock = std::chrono::steady_clock;

constexpr duration refresh_every = 150ms, check_every = 500ms; // real
constexpr duration traffic_span = 1s;                          // virtual

/// The scenario's window, or so many of them that a run has at most 600 samples.
duration interval_for(const scenario::scenario_spec& spec) {
    const duration length = spec.warmup + spec.length;
    const auto windows = (length / spec.window + 599) / 600;
    return spec.window * std::max<std::int64_t>(1, windows);
}

duration scaled(duration real, double speed) {
    return from_seconds(to_seconds(real) * speed);
}

} // namespace

session::session(scenario::scenario_spec spec, std::uint64_t seed)
    : spec_(std::make_unique<const scenario::scenario_spec>(std::move(spec))), seed_(seed),
      history_(scenario::workload_names(*spec_)), recording_(spec_->warmup + spec_->length),
      interval_(interval_for(*spec_)) {
    begin();
}

session::~session() = default;

void session::begin() {
    run_.reset();
    run_ = std::make_unique<scenario::scenario_run>(*spec_, seed_);
    const scenario::run_result nothing = run_->result();
    edges_ = call_edges(nothing);
    history_.clear();
    recent_.clear();
    next_sample_ = duration::zero();
    view_ = {};
    view_.topology = draw_topology(*spec_, edges_);
    take_sample();
    refresh(true);
}

// ---- what a user may ask ------------------------------------------------------------------------

void session::apply(const command& c) {
    if (c.what != command::kind::peek)
        end_peek();
    switch (c.what) {
    case command::kind::play_or_pause:
        goal_ = duration::zero();
        playing_ = !playing_ && !run_->ended();
        break;
    case command::kind::set_speed:
        speed_ = std::clamp(c.value, slowest, fastest);
        break;
    case command::kind::step_event:
        step_event();
        break;
    case command::kind::step_time:
        seek(std::max(goal_, run_->now()) + c.time);
        break;
    case command::kind::seek:
        seek(c.time);
        break;
    case command::kind::seek_event:
        seek_event(c.event);
        break;
    case command::kind::step_back:
        if (run_->events() > 0)
            seek_event(run_->events() - 1);
        break;
    case command::kind::peek:
        peek(c.time);
        break;
    case command::kind::restart:
        restart();
        break;
    default: // acts are not for a run
        break;
    }
}

void session::restart() {
    if (!can_restart())
        return;
    goal_ = duration::zero();
    playing_ = false;
    begin();
}

void session::seek(duration to) {
    if (to < run_->now()) {
        if (!can_restart())
            return;
        const bool played = playing_;
        restart();
        playing_ = played;
    }
    goal_ = to;
}

/// From the last sample before the event on event by event.
void session::seek_event(std::uint64_t event) {
    if (event < run_->events() && !can_restart())
        return;
    goal_ = duration::zero();
    playing_ = false;
    if (event < run_->events())
        begin();
    for (const auto& [at, events] : marks_)
        while (events <= event && run_->now() < at && !run_->ended())
            advance(at);
    while (run_->events() < event && !run_->ended()) {
        run_->step();
        if (run_->now() >= next_sample_ || run_->ended())
            take_sample();
    }
    refresh(true);
}

void session::peek(duration at) {
    const recorded_frame* frame = recording_.at(at);
    if (frame == nullptr)
        return;
    view_.topology = frame->topology;
    view_.peeked = frame->at;
}

void session::end_peek() {
    if (!view_.peeked)
        return;
    view_.peeked.reset();
    refresh(true);
}

void session::become(scenario::scenario_spec spec) {
    auto next = std::make_unique<const scenario::scenario_spec>(std::move(spec));
    { const scenario::scenario_run can_be_built(*next, seed_); }
    const duration there = std::max(goal_, run_->now());
    run_.reset();
    spec_ = std::move(next);
    history_ = history(scenario::workload_names(*spec_));
    interval_ = interval_for(*spec_);
    recording_ = recording(spec_->warmup + spec_->length);
    marks_.clear();
    begin();
    goal_ = there;
}

void session::step_event() {
    goal_ = duration::zero();
    playing_ = false;
    if (run_->ended())
        return;
    run_->step();
    if (run_->now() >= next_sample_ || run_->ended())
        take_sample();
    refresh(true);
}

// ---- simulating ---------------------------------------------------------------------------------

/// One slice; false once the run has ended.
bool session::advance(duration until) {
    const bool more = run_->advance_to(std::min(until, next_sample_));
    if (run_->now() >= next_sample_ || !more)
        take_sample();
    stale_ = true;
    return more;
}

/// Slices of about a millisecond of real time, until there or out of budget.
void session::advance_within(duration goal, duration budget) {
    const auto begin = real_clock::now();
    auto last = begin;
    while (run_->now() < goal && !run_->ended() && last - begin < budget) {
        const duration from = run_->now();
        advance(std::min(goal, from + slice_));
        const auto now = real_clock::now();
        const duration took = now - last;
        last = now;
        if (took > 2ms)
            slice_ = std::max<duration>(slice_ / 2, 1us);
        else if (took < 500us && run_->now() - from == slice_)
            slice_ = std::min<duration>(slice_ * 2, 1h);
    }
}

void session::frame(duration real_elapsed, duration budget) {
    real_elapsed = std::clamp<duration>(real_elapsed, 0ms, 100ms);
    const duration from = run_->now();
    if (seeking()) {
        advance_within(goal_, budget);
        if (run_->now() >= goal_ || run_->ended())
            goal_ = duration::zero();
    } else if (playing_) {
        advance_within(from + scaled(real_elapsed, speed_), budget);
    }
    if (run_->ended())
        playing_ = false;
    if (real_elapsed > 0ms) {
        const double now_speed = to_seconds(run_->now() - from) / to_seconds(real_elapsed);
        real_speed_ += (now_speed - real_speed_) * 0.1;
    }
    refresh_when_due(real_elapsed);
}

void session::run_until(duration until) {
    while (run_->now() < until && !run_->ended())
        advance(until);
    refresh(true);
}

// ---- what the views show ------------------------------------------------------------------------

void session::take_sample() {
    counters sample = count(run_->result(), edges_, true);
    if (marks_.empty() || marks_.back().first < run_->now())
        marks_.emplace_back(run_->now(), run_->events());
    history_.add(sample);
    for (workload_counters& w : sample.workloads)
        w.good_latency.clear();
    recent_.push_back(std::move(sample));
    while (next_sample_ <= run_->now())
        next_sample_ += interval_;
}

/// The latest sample that is at least a second old, or the first.
const counters& session::a_second_before(duration at) const {
    const counters* found = &recent_.front();
    for (const counters& c : recent_)
        if (c.at + traffic_span <= at)
            found = &c;
    return *found;
}

void session::refresh(bool expectations_too) {
    if (view_.peeked)
        return;
    scenario::run_result result = run_->result();
    if (recent_.empty() || recent_.back().at < result.ended)
        recent_.push_back(count(result, edges_, false));
    else
        recent_.back() = count(result, edges_, false);
    const counters& earlier = a_second_before(result.ended);
    update_topology(view_.topology, *run_, earlier, recent_.back());
    recording_.add(result.ended, view_.topology);
    while (recent_.size() > 1 && &recent_.front() != &earlier)
        recent_.pop_front();
    view_.lines = history_.lines();
    view_.end = std::max(run_->planned_end(), run_->now());
    view_.warmup = spec_->warmup;
    view_.faults = fault_bands(*spec_, result, run_->planned_end());
    if (expectations_too) {
        view_.expectations = scenario::check_expectations(*spec_, result);
        view_.verdict = scenario::verdict_of(view_.expectations, scenario::run_status::complete);
        view_.moments = moments_of(result);
        view_.traces = std::make_shared<const trace_book>(book_of(std::move(result)));
        since_check_ = duration::zero();
    }
    since_refresh_ = duration::zero();
    stale_ = !expectations_too;
    refresh_levels();
}

/// What costs next to nothing, for each frame.
void session::refresh_levels() {
    view_.now = run_->now();
    view_.ended = run_->ended();
    view_.events = run_->events();
    view_.requests = run_->requests_over();
    view_.faults_on = run_->faults_on();
}

void session::refresh_when_due(duration real_elapsed) {
    since_refresh_ += real_elapsed;
    since_check_ += real_elapsed;
    const bool at_rest = !playing_ && !seeking();
    if (stale_ && (at_rest || since_refresh_ >= refresh_every))
        refresh(at_rest || since_check_ >= check_every);
    else
        refresh_levels();
}

} // namespace windtunnel::gui
