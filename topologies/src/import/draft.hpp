// SPDX-License-Identifier: BSL-1.0
// What the readers of the products' formats fill: edges with the pattern library's own options, and
// notes. Of two sources that say the same policy of one edge the first wins, and the second is
// noted. Internal to import/.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/import/policies.hpp"
#include "topologies/src/spec.hpp"

namespace windtunnel::topology {

/// Stands for "for ever" where a policy here needs an end.
inline constexpr duration as_good_as_ever = std::chrono::hours{24};
/// A bulkhead's max_wait where a call waits until its own timeout, which is settled at the end.
inline constexpr duration until_its_timeout = duration::max();

/// The policies of one edge, as a product has them.
struct drafted_edge {
    std::string caller, callee;
    location where;
    policies_spec policies;
    std::map<std::string, location, std::less<>> said_at; ///< by the policy's key

    std::string key() const { return caller + "->" + callee; }
};

class import_draft {
  public:
    explicit import_draft(const import_options& options) : options_(options) {}

    /// The edge to what the configuration calls `name`; `caller` is what it says of that, or "".
    drafted_edge& edge(const std::string& caller, const std::string& name, const node& at);
    /// How that is called here.
    std::string ours(const std::string& name) const;
    /// Who makes the calls of the file that is read next, unless it says so of each; "": any.
    void caller_is(const std::string& name) { caller_ = ours(name); }

    /// Puts a policy, called `key`, into its place in an edge. Options that the library refuses are
    /// an input_error at `at`.
    template <class Slot, class T>
    void say(drafted_edge& edge, const char* key, Slot& slot, T value, const node& at) {
        check(value, at);
        const auto before = edge.said_at.find(key);
        if (before == edge.said_at.end()) {
            slot = std::move(value);
            edge.said_at.emplace(key, at.where());
        } else if (!slot || !(*slot == value)) {
            note_conflict(edge, key, before->second, at);
        }
    }

    /// The same again at the same place is noted once.
    void note(const location& where, std::string message, std::string nearest = {});

    /// Settles what depends on several policies of an edge, and hands over all that was read.
    imported_policies finish();

  private:
    template <class T>
    static void check(const T& value, const node& at) {
        if constexpr (requires { value.validate(); }) {
            try {
                value.validate();
            } catch (const std::invalid_argument& error) {
                fail(at, error.what());
            }
        }
    }
    void note_conflict(const drafted_edge& edge, const std::string& key, const location& first,
                       const node& at);
    void settle(drafted_edge& edge);
    std::string loadable(const drafted_edge& edge);

    const import_options& options_;
    std::string caller_;
    std::list<drafted_edge> edges_; ///< references to them stay good
    std::vector<import_note> notes_;
};

/// One edge's policies as JSON text, every option that matters spelled out.
std::string policies_text(const drafted_edge& edge);

// Whom a document as a whole is of; empty where it does not say.
std::string spring_application(const node& root);
std::string envoy_node_cluster(const node& root);

// The readers; each takes one document.
void read_resilience4j(const node& root, import_draft& draft);
void read_grpc_service_config(const node& root, import_draft& draft);
void read_envoy(const node& root, import_draft& draft);
void read_istio(const node& root, import_draft& draft);

} // namespace windtunnel::topology
