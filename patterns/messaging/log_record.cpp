// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/log_record.hpp"

#include <array>

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 3> append_acks_names{"none", "leader", "all"};
constexpr std::array<std::string_view, 7> append_status_names{
    "appended",         "duplicate", "no_leader", "not_enough_replicas", "out_of_order_sequence",
    "unknown_producer", "fenced"};
constexpr std::array<std::string_view, 3> commit_status_names{"waiting", "committed", "unknown"};
constexpr std::array<std::string_view, 3> fetch_status_names{"ok", "out_of_range", "no_leader"};
constexpr std::array<std::string_view, 4> election_result_names{"elected", "elected_unclean",
                                                                "not_in_sync", "offline"};

} // namespace

std::string_view to_string(append_acks acks) {
    return append_acks_names.at(static_cast<std::size_t>(acks));
}

std::string_view to_string(append_status status) {
    return append_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(commit_status status) {
    return commit_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(fetch_status status) {
    return fetch_status_names.at(static_cast<std::size_t>(status));
}

std::string_view to_string(election_result result) {
    return election_result_names.at(static_cast<std::size_t>(result));
}

} // namespace windtunnel
