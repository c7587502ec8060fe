// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/transform.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 9> hop_by_hop{
    "connection",         "keep-alive",          "proxy-connection", "te", "trailer", "upgrade",
    "proxy-authenticate", "proxy-authorization", "transfer-encoding"};

void check_fields(const option_check& check, const field_changes& changes) {
    for (const auto& name : changes.remove)
        check(is_token(name), "remove", name.empty() ? "\"\"" : name, "be the name of a field");
    for (const auto* list : {&changes.set, &changes.add, &changes.append})
        for (const auto& field : *list) {
            check(is_token(field.name), "name", field.name.empty() ? "\"\"" : field.name,
                  "be the name of a field");
            check(is_field_value(field.value), "value of", field.name,
                  "have no line end or other control character");
        }
}

std::uint64_t size_of(const http_fields& fields) {
    std::uint64_t size = 0;
    for (const auto& field : fields)
        size += field.name.size() + field.value.size() + 4; // ": " and the line end
    return size;
}

void append_to_list(http_fields& fields, std::string_view name, std::string_view value) {
    const auto before = find_field(fields, name);
    set_field(fields, name,
              before && !before->empty() ? std::string{*before}.append(", ").append(value)
                                         : std::string{value});
}

void add_missing(http_fields& fields, std::string_view name, std::string_view value) {
    if (!value.empty() && !find_field(fields, name))
        fields.push_back({std::string{name}, std::string{value}});
}

void forward(http_fields& fields, const forwarding& f) {
    add_missing(fields, "x-request-id", f.request_id);
    add_missing(fields, "x-forwarded-proto", f.scheme);
    add_missing(fields, "x-forwarded-host", std::string{find_field(fields, "host").value_or("")});
    if (!f.client_address.empty())
        append_to_list(fields, "x-forwarded-for", f.client_address);
}

std::string filled(std::string_view text, const route_match& match) {
    std::string path;
    while (!text.empty()) {
        const auto open = std::min(text.find('{'), text.size());
        path.append(text.substr(0, open));
        text.remove_prefix(open);
        if (const auto close = text.find('}'); !text.empty() && close != std::string_view::npos) {
            path.append(match[text.substr(1, close - 1)]);
            text.remove_prefix(close + 1);
        } else {
            path.append(text);
            text = {};
        }
    }
    return path;
}

} // namespace

void field_changes::apply(http_fields& fields) const {
    for (const auto& name : remove)
        remove_field(fields, name);
    for (const auto& field : set)
        set_field(fields, field.name, field.value);
    for (const auto& field : add)
        add_missing(fields, field.name, field.value);
    fields.insert(fields.end(), append.begin(), append.end());
}

void remove_hop_by_hop(http_fields& fields) {
    std::vector<std::string> named;
    for (const auto& field : fields) {
        std::string_view list = field.value;
        while (same_name(field.name, "connection") && !list.empty()) {
            const auto end = std::min(list.find(','), list.size());
            named.emplace_back(trimmed(list.substr(0, end)));
            list.remove_prefix(std::min(end + 1, list.size()));
        }
    }
    for (const auto& name : named)
        remove_field(fields, name);
    for (const auto name : hop_by_hop)
        remove_field(fields, name);
}

void request_transform_options::validate() const {
    const option_check check{"request_transform"};
    check_fields(check, fields);
    check(rewrite != path_rewrite::from_template || to.starts_with('/'), "to",
          to.empty() ? "\"\"" : to, "start with /");
    check(rewrite != path_rewrite::replace_prefix || to.empty() || to.starts_with('/'), "to", to,
          "be empty or start with /");
    check(deadline_field.empty() || is_token(deadline_field), "deadline_field", deadline_field,
          "be the name of a field");
    check(max_fields >= 1, "max_fields", 0, "be at least 1");
}

request_transform::request_transform(request_transform_options options)
    : options_(std::move(options)) {
    options_.validate();
}

int request_transform::apply(http_fields& fields, const forwarding& f) const {
    if (size_of(fields) > options_.max_fields)
        return 431;
    if (f.body_size > options_.max_body)
        return 413;
    remove_hop_by_hop(fields);
    options_.fields.apply(fields);
    if (options_.forwarded)
        forward(fields, f);
    if (!options_.deadline_field.empty() && f.left >= duration::zero()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(f.left);
        set_field(fields, options_.deadline_field, std::to_string(left.count()));
    }
    return 0;
}

std::string request_transform::path(const route_match& match) const {
    switch (options_.rewrite) {
    case path_rewrite::keep:
        break;
    case path_rewrite::from_template:
        return filled(options_.to, match);
    case path_rewrite::replace_prefix: {
        auto front = std::string_view{options_.to};
        const auto rest = match.path.substr(match.matched_length);
        if (front.ends_with('/') && rest.starts_with('/'))
            front.remove_suffix(1);
        auto path = std::string{front}.append(rest);
        return path.empty() ? "/" : path;
    }
    }
    return std::string{match.path};
}

response_transform::response_transform(field_changes changes) : changes_(std::move(changes)) {
    check_fields(option_check{"response_transform"}, changes_);
}

void response_transform::apply(http_fields& fields) const {
    remove_hop_by_hop(fields);
    changes_.apply(fields);
}

} // namespace windtunnel
