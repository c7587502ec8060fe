// SPDX-License-Identifier: BSL-1.0
// What Envoy's and Istio's formats have in common: the conditions and formulas are Envoy's in both.
// Internal to import/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "topologies/src/import/draft.hpp"
#include "topologies/src/import/product_table.hpp"

namespace windtunnel::topology {

/// The short name of a host or cluster: "reviews" of "reviews.prod.svc.cluster.local" and of
/// "outbound|9080|v1|reviews.prod.svc.cluster.local"; "*" of "*.local". What the user has named
/// stays whole.
std::string short_name(const std::string& host, const import_draft& draft);

/// Adds to `options` the failures that conditions such as "5xx,reset" stand for. Errors:
/// input_error where there is no such condition.
void read_retry_on(const node& at, std::string_view conditions, retry_options& options,
                   import_draft& draft);
/// The retries of Envoy before any condition: exponential from 25 ms to ten times that, with full
/// jitter; nothing is worth one.
retry_options envoy_retries();

/// No more retries at once than this: circuit_breakers' max_retries.
retry_budget_options at_most_retries(int at_once);

/// envoy.type.v3.Percent: {"value": 50}.
value_kind<double> percent_message_kind();

/// A retry budget as either product writes it.
struct retry_budget_message : product_object {
    double percent = 20;
    int min_concurrency = 3;
};
/// `table` with its keys, of which the share is called `percent`.
product_table<retry_budget_message> budget_table(product_table<retry_budget_message> table,
                                                 const std::string& percent,
                                                 const value_kind<double>& kind);
retry_budget_options read_retry_budget(const product_table<retry_budget_message>& table,
                                       const node& at, import_draft& draft);

/// Connections, requests and those that wait for a connection, at once; none: not said. HTTP/1 has
/// as many requests as connections, and a queue before them; HTTP/2 has no queue.
struct connection_limits {
    std::optional<int> connections, requests, pending;
    int standard; ///< of what is not said
    bool http2;
};
/// The bulkhead of them; none where nothing is limited.
void say_bulkhead(drafted_edge& edge, const connection_limits& limits, const node& at,
                  import_draft& draft);

void read_envoy_cluster(const node& at, import_draft& draft);
void read_envoy_virtual_host(const node& at, import_draft& draft);

} // namespace windtunnel::topology
