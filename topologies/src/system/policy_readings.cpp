// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/policy_readings.hpp"

#include <algorithm>

#include "topologies/src/system/call_readings.hpp"
#include "topologies/src/system/policy_kinds.hpp"
#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system.hpp"

namespace windtunnel::topology {

namespace {

/// Each once, in the order of the calls.
std::vector<const std::string*> callees(const process& own) {
    std::vector<const std::string*> names;
    for (std::size_t i = 0; i < own.sites(); ++i) {
        const std::string& name = own.site(i).way.how().edge->to->service->spec->name;
        if (std::none_of(names.begin(), names.end(), [&](auto* known) { return *known == name; }))
            names.push_back(&name);
    }
    return names;
}

void list_calls(const process& own, const std::string& caller, std::vector<policy_reading>& to) {
    for (const std::string* callee : callees(own))
        for (const call_policy_kind& kind : call_policy_kinds()) {
            const policies_in_use of(own, *callee);
            if (kind.is_there(of))
                to.push_back(
                    {caller, *callee, &kind, [of, &kind](time_point now, policy_figures& into) {
                         into.begin(kind.figures);
                         kind.read(of, now, into);
                     }});
        }
}

void list_admission(const replica& of, const service_spec& spec, std::vector<policy_reading>& to) {
    for (const admission_policy_kind& kind : admission_policy_kinds())
        if (kind.is_on(*spec.admission))
            to.push_back({spec.name, "", &kind,
                          [&own = *of.admission(), &kind](time_point now, policy_figures& into) {
                              into.begin(kind.figures);
                              kind.read(own, now, into);
                          }});
}

} // namespace

std::vector<policy_reading> policy_readings(const system& of) {
    std::vector<policy_reading> all;
    for (const auto& service : of.services())
        for (const auto& replica : service->replicas) {
            if (replica->admission() != nullptr)
                list_admission(*replica, *service->spec, all);
            list_calls(replica->own(), service->spec->name, all);
        }
    for (const auto& client : of.clients())
        list_calls(client->own(), client->name(), all);
    return all;
}

} // namespace windtunnel::topology
