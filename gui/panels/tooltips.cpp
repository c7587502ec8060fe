// SPDX-License-Identifier: BSL-1.0
#include "gui/panels/tooltips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <imgui.h>
#include <utility>

#include "gui/model/axis.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

namespace {

using rows = std::vector<std::pair<std::string, std::string>>;

std::string share_text(double share) {
    return format_value(share, axis_unit::share);
}

std::string span_text(duration span) {
    return "the last " + format_value(to_seconds(span), axis_unit::seconds);
}

void add_traffic(rows& to, const flow& traffic, const char* what) {
    to.emplace_back(what, format_value(traffic.rate, axis_unit::rate));
    to.emplace_back("errors", share_text(traffic.failed_share));
    if (traffic.degraded_share > 0)
        to.emplace_back("degraded answers", share_text(traffic.degraded_share));
    if (traffic.mean_latency > 0)
        to.emplace_back("mean latency", format_value(traffic.mean_latency, axis_unit::seconds));
}

void add_faults(rows& to, const std::vector<active_fault>& faults) {
    for (const active_fault& f : faults)
        to.emplace_back("fault", f.name);
}

std::string in_words(std::string kind) {
    std::replace(kind.begin(), kind.end(), '_', ' ');
    return kind;
}

/// A row a kind: what it refused first, then what else it did.
void add_policies(rows& to, const std::vector<policy_view>& policies) {
    for (const policy_view& p : policies) {
        std::string what = p.refusals.empty() ? "" : "refused " + p.refusals;
        if (!p.doings.empty())
            what += (what.empty() ? "" : "; ") + p.doings;
        to.emplace_back(in_words(p.kind), what.empty() ? "nothing to do" : what);
    }
}

} // namespace

void figures_tooltip(const std::string& title, const rows& figures) {
    ImGui::BeginTooltip();
    const palette& c = colours();
    ImGui::TextUnformatted(title.c_str());
    tell_text(title, c.text, c.raised);
    ImGui::Separator();
    if (ImGui::BeginTable("figures", 2)) {
        for (const auto& [name, value] : figures) {
            ImGui::TableNextColumn();
            ImGui::TextDisabled("%s", name.c_str());
            tell_text(name, c.dim, c.raised);
            ImGui::TableNextColumn();
            ImGui::TextUnformatted(value.c_str());
            tell_text(value, c.text, c.raised);
        }
        ImGui::EndTable();
    }
    ImGui::EndTooltip();
}

void node_tooltip(const node_view& n, duration span) {
    rows figures;
    figures.emplace_back("state",
                         n.state.reason.empty()
                             ? std::string(to_string(n.state.state))
                             : fmt::format("{}: {}", to_string(n.state.state), n.state.reason));
    add_faults(figures, n.faults);
    figures.emplace_back("in", span_text(span));
    figures.emplace_back(n.workload ? "sent" : "came", format_value(n.arrivals, axis_unit::rate));
    add_traffic(figures, n.traffic, "answered");
    if (!n.workload) {
        figures.emplace_back("utilisation", share_text(n.utilisation));
        figures.emplace_back("now", fmt::format("{} in flight, {} waiting", n.in_flight, n.queue));
        figures.emplace_back("workers",
                             fmt::format("{} of {} taken, {} instance{}", n.occupied, n.workers,
                                         n.replicas, n.replicas == 1 ? "" : "s"));
        if (n.down + n.paused > 0)
            figures.emplace_back("instances", fmt::format("{} down, {} paused", n.down, n.paused));
    } else {
        figures.emplace_back("now", fmt::format("{} in flight", n.in_flight));
    }
    add_policies(figures, n.policies);
    figures_tooltip(n.name, figures);
}

void edge_tooltip(const edge_view& e, duration span) {
    rows figures;
    add_faults(figures, e.faults);
    figures.emplace_back("in", span_text(span));
    add_traffic(figures, e.traffic, "calls that ended");
    figures.emplace_back("tries", format_value(e.traffic.attempts, axis_unit::rate));
    if (e.traffic.refused_share > 0)
        figures.emplace_back("refused by the caller's policies",
                             share_text(e.traffic.refused_share));
    if (e.breakers.all() > 0)
        figures.emplace_back("breakers",
                             fmt::format("{} closed, {} half-open, {} open", e.breakers.closed,
                                         e.breakers.half_open, e.breakers.open));
    add_policies(figures, e.policies);
    figures_tooltip(e.name.caller + "->" + e.name.callee, figures);
}

} // namespace windtunnel::gui
