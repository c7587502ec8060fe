// SPDX-License-Identifier: BSL-1.0
#include "gui/model/moments.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace windtunnel::gui {

namespace {

std::string in_words(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

void add_faults(const scenario::run_result& so_far, std::vector<moment>& to) {
    for (const scenario::fault_activation& a : so_far.activations) {
        to.push_back({a.begin, moment::kind::fault_begins, a.fault + " begins"});
        if (a.end < so_far.ended)
            to.push_back({a.end, moment::kind::fault_ends, a.fault + " ends"});
    }
}

void add_transitions(const scenario::policy_result& of, std::vector<moment>& to) {
    for (const scenario::policy_transition& t : of.transitions)
        to.push_back({t.at, moment::kind::transition,
                      fmt::format("{}: {} of {} {} to {}", of.edge(), in_words(of.kind), t.process,
                                  in_words(t.from), in_words(t.to))});
}

} // namespace

std::vector<moment> moments_of(const scenario::run_result& so_far) {
    std::vector<moment> all;
    add_faults(so_far, all);
    for (const scenario::policy_result& p : so_far.policies)
        add_transitions(p, all);
    std::stable_sort(all.begin(), all.end(),
                     [](const moment& a, const moment& b) { return a.at < b.at; });
    return all;
}

const moment* next_moment(const std::vector<moment>& all, duration now, int step) {
    if (step > 0) {
        const auto found =
            std::find_if(all.begin(), all.end(), [now](const moment& m) { return m.at > now; });
        return found == all.end() ? nullptr : &*found;
    }
    const auto found =
        std::find_if(all.rbegin(), all.rend(), [now](const moment& m) { return m.at < now; });
    return found == all.rend() ? nullptr : &*found;
}

} // namespace windtunnel::gui
