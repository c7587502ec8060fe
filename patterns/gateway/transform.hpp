// SPDX-License-Identifier: BSL-1.0
// What a gateway changes of requests and answers on their way: header fields, the path, hop-by-hop
// fields (RFC 9110 section 7.6.1, those that Connection names too), x-request-id and the
// x-forwarded fields, the deadline, and limits of size. Order: limits, hop-by-hop, remove, set,
// add, append, forwarded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"
#include "patterns/gateway/http_fields.hpp"
#include "patterns/gateway/route_table.hpp"

namespace windtunnel {

struct field_changes {
    std::vector<std::string> remove{};
    http_fields set{};    ///< in place of all of the name
    http_fields add{};    ///< where there is none of the name
    http_fields append{}; ///< besides those of the name

    void apply(http_fields& fields) const;
};

enum class path_rewrite : std::uint8_t {
    keep,
    replace_prefix, ///< what the route's prefix matched becomes `to`; "" strips it
    from_template,  ///< `to`, with "{name}" out of what the route captured
};

struct request_transform_options {
    field_changes fields{};
    path_rewrite rewrite = path_rewrite::keep;
    std::string to{};
    bool forwarded = true; ///< x-request-id where missing, x-forwarded-for, -proto, -host
    std::string deadline_field = "x-deadline-ms"; ///< of what is left, whole ms; "": not sent
    std::uint64_t max_body = 1'048'576; ///< bytes; client_max_body_size of nginx; above: 413
    std::uint64_t max_fields = 32'768; ///< bytes of names and values; nginx: 4 of 8 KiB; above: 431

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;
};

/// What only the caller knows of a request.
struct forwarding {
    std::string_view client_address{};
    std::string_view scheme = "https";
    std::string_view request_id{}; ///< for a request that has none
    duration left{-1};             ///< of its deadline; negative: it has none
    std::uint64_t body_size = 0;
};

class request_transform {
  public:
    explicit request_transform(request_transform_options options);

    /// 0, or 413 or 431, which leaves `fields` as they are.
    int apply(http_fields& fields, const forwarding& f) const;
    /// The path for the backend; without what the table took as the version.
    std::string path(const route_match& match) const;

  private:
    request_transform_options options_;
};

class response_transform {
  public:
    explicit response_transform(field_changes changes);
    void apply(http_fields& fields) const; ///< hop-by-hop fields go too

  private:
    field_changes changes_{};
};

void remove_hop_by_hop(http_fields& fields);

} // namespace windtunnel
