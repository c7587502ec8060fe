// SPDX-License-Identifier: BSL-1.0
// Which route a request takes, and which of the route's targets. Routes are compiled once. Of the
// routes that match, the first by this order wins (Kubernetes Gateway API, HTTPRouteRule.matches):
//   exact host, longest wildcard, any host; exact path, template (the first place where one has a
//   literal and the other a parameter decides for the literal), longest prefix; a method given; an
//   API version given; the number of headers, then of query parameters; order in the table.
// A match costs a look-up for each label of the host and each segment of the path, not one for each
// route, and allocates nothing. Where only the method is wrong the answer is 405, else 404.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "patterns/gateway/http_fields.hpp"

namespace windtunnel {

enum class path_kind : std::uint8_t {
    exact,
    prefix,    ///< by segment: "/a" is a prefix of "/a" and "/a/b", not of "/ab"
    templated, ///< "/items/{id}": a parameter is a whole segment and not empty
};

enum class field_kind : std::uint8_t { exact, present, prefix };

struct field_rule {
    std::string name{}; ///< of a header without case, of a query parameter with it
    std::string value{};
    field_kind kind = field_kind::exact;
    friend auto operator<=>(const field_rule&, const field_rule&) = default;
};

struct route_target {
    std::string name{}; ///< what sticky choice hashes: keep it as weights move
    int weight = 1;     ///< 0 to 1e6, as the Gateway API; 0 gets nothing
};

struct route_options {
    std::string name{};
    std::vector<std::string> hosts{}; ///< "api.example.com", "*.example.com"; none: any
    std::string path = "/";
    path_kind kind = path_kind::prefix;
    std::string method{};  ///< "": any
    std::string version{}; ///< "": any
    std::vector<field_rule> headers{};
    std::vector<field_rule> query{}; ///< compared as they are written, not decoded
    std::vector<route_target> targets{};
};

enum class version_source : std::uint8_t {
    none,
    header,     ///< of the name `version_header`
    path,       ///< a first segment "v2" is version "2", and is not part of the path that matches
    media_type, ///< of Accept: "application/vnd.shop.v2+json", or the parameter version=2
};

struct route_table_options {
    version_source version_from = version_source::none;
    std::string version_header = "x-api-version";
    std::string default_version{}; ///< where the request names none
    std::vector<route_options> routes{};

    /// Throws std::invalid_argument naming the route, the option and the rule.
    void validate() const;
};

/// Valid as long as what it points into.
struct route_request {
    std::string_view method = "GET";
    std::string_view host{};     ///< a port is ignored
    std::string_view path = "/"; ///< without its query, normalised by the caller
    std::string_view query{};
    std::span<const http_field> headers{};
};

enum class route_result : std::uint8_t { matched, no_route, method_not_allowed };
std::string_view to_string(route_result result);

struct route_match {
    static constexpr std::size_t max_parameters = 8;
    struct parameter {
        std::string_view name;  ///< of the table
        std::string_view value; ///< of the request, not decoded
    };
    route_result result = route_result::no_route;
    std::uint32_t route = 0;          ///< index in the options
    std::string_view version{};       ///< what the request asks for
    std::string_view path{};          ///< what matched: the request's without its version
    std::uint32_t matched_length = 0; ///< of `path`, by the prefix, or all of it
    std::array<parameter, max_parameters> values{};
    std::uint32_t parameters = 0;

    explicit operator bool() const { return result == route_result::matched; }
    /// "" where there is none of the name.
    std::string_view operator[](std::string_view name) const;
};

/// Immutable once made: threads may share it.
class route_table {
  public:
    explicit route_table(route_table_options options);
    route_table(const route_table&) = delete;
    route_table& operator=(const route_table&) = delete;

    route_match match(const route_request& request) const;
    /// For the Allow header of a 405: "GET, POST", in the order of the table.
    std::string allowed(const route_request& request) const;

    /// A target by weight; `draw` in [0, 1).
    std::uint32_t choose(std::uint32_t route, double draw) const;
    /// The same target for the same key (weighted rendezvous hashing, Schindelhauer and Schomaker
    /// 2005): when one target of two gets more weight, keys move to it only, and none the other
    /// way.
    std::uint32_t choose_for(std::uint32_t route, std::string_view key) const;

    const route_table_options& options() const { return options_; }

  private:
    struct text_hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const;
    };
    template <class Value>
    using by_text = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;
    using candidates = std::vector<std::uint32_t>; ///< routes, the first to be tried first
    struct host_routes {
        by_text<candidates> exact;
        by_text<candidates> prefix;                              ///< without its last slash
        std::unordered_map<std::uint64_t, candidates> templates; ///< by length and first segment
    };
    struct visit;

    void add(std::uint32_t route, host_routes& host);
    void sort(host_routes& host) const;
    bool before(std::uint32_t a, std::uint32_t b) const;
    bool fits(std::uint32_t route, const route_request& request, std::string_view version) const;
    void walk(const route_request& request, visit& v) const;
    bool walk_host(const host_routes& host, const route_request& request, visit& v) const;
    visit start(const route_request& request) const;
    bool try_one(std::uint32_t route, const route_request& request, visit& v,
                 std::size_t length) const;
    bool try_all(const candidates& routes, const route_request& request, visit& v,
                 std::size_t length) const;
    bool try_templates(const host_routes& host, std::uint64_t key, const route_request& request,
                       visit& v) const;

    route_table_options options_;
    by_text<host_routes> exact_hosts_;
    by_text<host_routes> wildcard_hosts_; ///< "*.example.com" as ".example.com"
    host_routes any_host_;
};

} // namespace windtunnel
