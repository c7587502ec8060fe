// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/explain/sentences.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/src/reports/wording.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::scenario::explain {

namespace {

std::string percent(double share) {
    return fmt::format("{:.3g} %", share * 100);
}

std::string moment(duration at) {
    return topology::format_duration(at);
}

std::string from_to(const explanation& e, const symptom& s) {
    if (s.goes_on && s.over == s.when.end)
        return fmt::format("from {} to the end of the run", moment(e.at(s.when.begin)));
    const std::string again =
        s.over > s.when.end ? fmt::format(", and again until {}", moment(e.at(s.over))) : "";
    return fmt::format("from {} to {}{}", moment(e.at(s.when.begin)), moment(e.at(s.when.end)),
                       again);
}

std::string_view did(act_role role) {
    return role == act_role::feeds ? "fed" : role == act_role::stops ? "held against" : "bounded";
}

// ---- symptoms -----------------------------------------------------------------------------------

std::string time_changed(const symptom& s, std::string_view what) {
    return fmt::format("{} took {} in the worst second, {} before", what, short_time(s.worst),
                       short_time(s.before));
}

std::string replicas_left(const symptom& s, std::string_view what) {
    return fmt::format("{:.0f} of {} {}", s.before - s.worst,
                       counted(static_cast<std::uint64_t>(s.before), "instance"), what);
}

/// The figure that a symptom rests on.
std::string figure_of(const symptom& s) {
    switch (s.what) {
    case cause::crash:
        return replicas_left(s, "went down");
    case cause::pause:
        return replicas_left(s, "had requests and free hands, and ended none");
    case cause::blocked:
        return fmt::format("up to {:.1f} requests to publish waited to be accepted, {:.1f} before",
                           s.worst, s.before);
    case cause::errors:
        return fmt::format("up to {} of the tries got an error that no call of its own made, {} "
                           "before",
                           percent(s.worst), percent(s.before));
    case cause::unreadable:
        return fmt::format("up to {} of the answers lacked what the caller reads, {} before",
                           percent(s.worst), percent(s.before));
    case cause::network:
        return time_changed(s, "the way there");
    case cause::loss:
        return fmt::format("up to {} of the tries did not arrive, {} before", percent(s.worst),
                           percent(s.before));
    case cause::slow_work:
        return time_changed(s, "a piece of work");
    case cause::registry:
        return fmt::format("up to {:.0f} questions were not answered in a window, {:.0f} before",
                           s.worst, s.before);
    case cause::out_of_sync:
        return fmt::format("{:.0f} replicas left the in-sync sets in a window, {:.0f} before",
                           s.worst, s.before);
    case cause::election:
        return fmt::format("{:.0f} elections in a window, {:.0f} before", s.worst, s.before);
    case cause::reread:
        return fmt::format("{:.0f} records were worked on again in a window, {:.0f} before",
                           s.worst, s.before);
    case cause::load:
        return fmt::format("up to {:.0f} requests a second, {:.0f} before", s.worst, s.before);
    case cause::saturation:
        return fmt::format("its workers were busy all the time and {:.0f} requests waited, {:.1f} "
                           "in quiet windows",
                           s.worst, s.before);
    }
    return "";
}

class teller {
  public:
    teller(const explanation& e, const std::optional<violation>& violated)
        : e_(e), violated_(violated) {}

    std::vector<sentence> all() {
        tell_finding();
        if (lasting()) {
            tell_lasting();
        } else if (e_.origin() != nullptr) {
            tell_origin();
            tell_others();
        }
        if (!lasting() && (e_.found == finding::failure || e_.found == finding::overload)) {
            tell_spread();
            tell_radius();
            tell_amplification();
            tell_policies();
            tell_detection();
            tell_end();
        }
        tell_violation();
        return std::move(told_);
    }

  private:
    void say(std::string about, std::string text, duration at = {}, std::string place = "") {
        told_.push_back({std::move(about), std::move(text), at, std::move(place)});
    }
    /// From the beginning to the end: nothing spread, and nothing was before.
    bool lasting() const { return e_.found == finding::overload && e_.effects.empty(); }
    void tell_lasting() {
        say("radius",
            fmt::format("It was so from the beginning to the end: {} of {} failed.",
                        grouped(e_.radius.requests_failed), counted(e_.radius.requests, "request")),
            begin());
        tell_amplification();
    }
    duration begin() const { return e_.at(e_.origin()->when.begin); }

    void tell_finding() {
        switch (e_.found) {
        case finding::no_telemetry:
            return say("finding", "The result holds no telemetry (0 services): nothing can be "
                                  "said.");
        case finding::too_short:
            return say("finding", "The run is too short to know what is usual: 6 whole windows "
                                  "are needed after the warm-up.");
        case finding::quiet:
            return say("finding",
                       fmt::format("Nothing changed: 0 measurements left their usual range, "
                                   "and {} of the requests were answered well.",
                                   percent(e_.good_before)));
        case finding::no_effect:
            return say("finding",
                       fmt::format("No effect: {} at {}, and 0 workloads failed more or were "
                                   "slower.",
                                   row_of(e_.origin()->what).meaning, e_.origin()->where.text()),
                       begin(), e_.origin()->where.text());
        case finding::overload:
            return tell_overload();
        case finding::failure:
            return;
        }
    }

    void tell_overload() {
        std::string text = "Overload: more was asked for than could be done";
        if (e_.saturated)
            text += fmt::format("; {} had no worker free from {} on, and {:.0f} requests waited",
                                e_.saturated->where.text(), moment(e_.at(e_.saturated->when.begin)),
                                e_.saturated->worst);
        say("finding", text + ".", begin(),
            e_.saturated ? e_.saturated->where.text() : std::string());
    }

    void tell_origin() {
        const symptom& s = *e_.origin();
        say("origin",
            fmt::format("{} failed first, {}: {}; {}.", s.where.text(), from_to(e_, s),
                        row_of(s.what).meaning, figure_of(s)),
            begin(), s.where.text());
    }

    void tell_others() {
        for (std::size_t i = 1; i < std::min(e_.symptoms.size(), most_of_a_kind); ++i) {
            const symptom& s = e_.symptoms[i];
            say("later",
                fmt::format("Later at {}, {}: {}; {}.", s.where.text(), from_to(e_, s),
                            row_of(s.what).meaning, figure_of(s)),
                e_.at(s.when.begin), s.where.text());
        }
    }

    static std::string changes(const effect& e) {
        std::string text;
        if (e.failed)
            text = fmt::format("failures from {} to {}", percent(e.failed->before),
                               percent(e.failed->worst));
        if (e.slow)
            text += fmt::format("{}latency from {} to {}", text.empty() ? "" : ", ",
                                short_time(e.slow->before), short_time(e.slow->worst));
        return text;
    }

    void tell_spread() {
        std::size_t edges = 0;
        for (const effect& each : e_.effects) {
            if (each.of == effect::subject::endpoint)
                continue;
            if (each.of == effect::subject::edge && ++edges > most_of_a_kind)
                continue;
            say("spread",
                fmt::format("{} at {}: {}.", each.name, moment(e_.at(each.when.begin)),
                            changes(each)),
                e_.at(each.when.begin), each.name);
        }
        if (edges > most_of_a_kind)
            say("spread", fmt::format("And {} more edges.", edges - most_of_a_kind), begin());
    }

    void tell_radius() {
        const blast_radius& r = e_.radius;
        say("radius",
            fmt::format("It reached {} of {} and {} of {} failed ({} before).", r.endpoints_hit,
                        counted(r.endpoints, "endpoint"), grouped(r.requests_failed),
                        counted(r.requests, "request"), percent(r.failed_before)),
            begin());
    }

    void tell_amplification() {
        for (std::size_t i = 0; i < std::min(e_.amplified.size(), most_of_a_kind); ++i) {
            const amplification& a = e_.amplified[i];
            say("amplification",
                fmt::format("{} made {:.2f} tries of each call, {:.2f} before; {} of {} were for "
                            "callers who had left.",
                            a.edge, a.tries_during, a.tries_before, grouped(a.in_vain),
                            counted(a.answered, "answer")),
                begin(), a.edge);
        }
    }

    void tell_policies() {
        for (std::size_t i = 0; i < std::min(e_.acts.size(), most_of_a_kind); ++i) {
            const policy_act& a = e_.acts[i];
            say("policy",
                fmt::format("The {} of {} {} it from {} on: {} {}, {:.1f} a second, {:.1f} before.",
                            a.kind, a.where, did(a.role), moment(e_.at(a.first)), grouped(a.count),
                            a.figure, a.during, a.before),
                e_.at(a.first), a.where);
        }
        if (e_.acts.empty())
            say("policy", "No policy acted: 0 retries, refusals or fallbacks more than usual.",
                begin());
    }

    void tell_detection() {
        if (!e_.detected)
            return say("detection", "Nothing in the system noticed it: 0 policies changed state.",
                       begin());
        say("detection",
            fmt::format("Noticed after {}, by {}.",
                        moment(std::max(duration{}, e_.detected->at - begin())), e_.detected->by),
            e_.detected->at);
    }

    void tell_end() {
        const std::string good = fmt::format("{} of the requests were answered well at the end, {} "
                                             "before it",
                                             percent(e_.good_after), percent(e_.good_before));
        const duration end = e_.at(e_.origin()->over);
        switch (e_.after) {
        case aftermath::none:
            return;
        case aftermath::trigger_on:
            return say("end", fmt::format("It was not over when the run was: {}.", good), end);
        case aftermath::recovered:
            return say("end",
                       fmt::format("All workloads were as before {} after its end ({}); {}.",
                                   moment(*e_.recovered_after), moment(end), good),
                       end + *e_.recovered_after);
        case aftermath::recovering:
            return say("end",
                       fmt::format("Its trigger was over at {}, and the run ended before all was "
                                   "as before: {}.",
                                   moment(end), good),
                       end);
        case aftermath::metastable:
            return say("end",
                       fmt::format("Metastable: its trigger was over at {}, and goodput did not "
                                   "come back; {}.",
                                   moment(end), good),
                       end);
        }
    }

    void tell_violation() {
        if (!violated_)
            return;
        const told_expectation& x = violated_->expectation;
        std::string text = fmt::format("The first expectation that does not hold: \"{}\"; {}{}.",
                                       x.text, x.observed, x.phase.empty() ? "" : " " + x.phase);
        for (const slow_trace& t : violated_->slowest)
            text += fmt::format(
                " Trace {} of {}: {} at {}.", t.id, t.origin, short_time(in_seconds(t.length)),
                moment(std::chrono::duration_cast<std::chrono::milliseconds>(t.begin)));
        say("expectation", text,
            violated_->slowest.empty() ? duration{} : violated_->slowest.front().begin, x.subject);
    }

    const explanation& e_;
    const std::optional<violation>& violated_;
    std::vector<sentence> told_;
};

} // namespace

std::vector<sentence> sentences(const explanation& of, const std::optional<violation>& violated) {
    return teller(of, violated).all();
}

} // namespace windtunnel::scenario::explain
