// SPDX-License-Identifier: BSL-1.0
// Istio's DestinationRule and VirtualService (networking.istio.io): traffic policies of hosts, and
// timeouts and retries of their HTTP routes. Sidecars are Envoy, so the formulas are Envoy's; the
// defaults are the mesh's: two retries of what was certainly not processed, no timeout, no limits.
#include <fmt/format.h>

#include <algorithm>

#include "topologies/src/field_table.hpp"
#include "topologies/src/import/draft.hpp"
#include "topologies/src/import/istio_parts.hpp"

namespace windtunnel::topology {

namespace {

const std::string* text_at(const node& from, const char* key) {
    const node* found = from.find(key);
    return found != nullptr && found->is_string() ? &found->string() : nullptr;
}

void read_list(const node& items, import_draft& draft) {
    expect_array(items, "items");
    error_collector errors;
    for (const node& each : items.children())
        errors.run([&] { read_istio(each, draft); });
    errors.finish();
}

} // namespace

void read_istio(const node& root, import_draft& draft) {
    const std::string* kind = text_at(root, "kind");
    if (kind == nullptr)
        fail(root, "expected a resource with its kind, DestinationRule or VirtualService");
    if (const node* items = root.find("items"); items != nullptr && kind->ends_with("List"))
        return read_list(*items, draft);
    const bool rule = *kind == "DestinationRule", service = *kind == "VirtualService";
    if (!rule && !service)
        return draft.note(root.find("kind")->where(),
                          fmt::format("a {} has no policies of edges; it is not read", *kind));
    const node* spec = root.find("spec");
    if (spec == nullptr)
        fail(root, *kind + " lacks the key \"spec\"");
    if (rule)
        read_destination_rule(*spec, draft);
    else
        read_virtual_service(*spec, draft);
}

} // namespace windtunnel::topology
