// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/contract_checks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/call_options.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

void check_versions(const topology_spec& topology, error_collector& errors) {
    for (const service_spec& service : topology.services) {
        const auto versions = service.versions();
        for (const std::string& run : service.runs) {
            if (std::find(versions.begin(), versions.end(), run) != versions.end())
                continue;
            if (versions.empty())
                errors.add({service.where,
                            fmt::format("{} runs version {}, and no endpoint of it has "
                                        "\"versions\": say what its answers have in each",
                                        service.name, in_quotes(run)),
                            {}});
            else
                errors.add({service.where,
                            fmt::format("{} has no version {}; its endpoints have {}", service.name,
                                        in_quotes(run), fmt::join(versions, ", ")),
                            nearest(run, versions)});
        }
    }
}

void check_reads(const call_step& call, const endpoint_spec& to, error_collector& errors) {
    if (call.reads.empty())
        return;
    std::vector<std::string> fields;
    for (const api_version& version : to.versions)
        fields.insert(fields.end(), version.fields.begin(), version.fields.end());
    const std::string name = in_quotes(to_string(call.to));
    if (fields.empty())
        return errors.add({call.where,
                           fmt::format("what the call reads is said, and {} does not say what its "
                                       "answers have: give it \"versions\"",
                                       name),
                           {}});
    for (const std::string& field : call.reads)
        if (std::find(fields.begin(), fields.end(), field) == fields.end())
            errors.add({call.where,
                        fmt::format("no version of {} has the field {} that the call reads", name,
                                    in_quotes(field)),
                        nearest(field, fields)});
}

} // namespace windtunnel::topology
