// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/outbox_relay.hpp"

#include <stdexcept>
#include <utility>

namespace windtunnel {

outbox_relay::outbox_relay(outbox& from, int max_in_flight)
    : outbox_(from), max_in_flight_(max_in_flight) {
    if (max_in_flight < 1)
        throw std::invalid_argument("outbox_relay: max_in_flight is " +
                                    std::to_string(max_in_flight) + "; it must be at least 1");
}

std::optional<claimed_message> outbox_relay::next(time_point now) {
    if (in_flight_ >= max_in_flight_)
        return std::nullopt;
    drop_late(now);
    do
        for (auto& [name, l] : lanes_)
            if (l.busy == 0 && !l.rest.empty()) {
                claimed_message m = std::move(l.rest.front());
                l.rest.pop_front();
                l.busy = m.receipt.position;
                ++in_flight_;
                return m;
            }
    while (claim(now));
    return std::nullopt;
}

/// True where there is something new.
bool outbox_relay::claim(time_point now) {
    auto found = outbox_.claim(now);
    for (auto& m : found) {
        lane& l = lanes_[m.receipt.lane];
        if (l.token != m.receipt.token) { // claimed anew: what was in flight was given up
            if (l.busy != 0)
                --in_flight_;
            l = {{}, m.receipt.token, 0};
        }
        l.rest.push_back(std::move(m));
    }
    return !found.empty();
}

void outbox_relay::drop_late(time_point now) {
    for (auto i = lanes_.begin(); i != lanes_.end();) {
        lane& l = i->second;
        if (!l.rest.empty() && now >= l.rest.front().lease_ends)
            l.rest.clear();
        i = l.rest.empty() && l.busy == 0 ? lanes_.erase(i) : std::next(i);
    }
}

outbox_relay::lane* outbox_relay::answered(const outbox_receipt& r) {
    const auto found = lanes_.find(r.lane);
    if (found == lanes_.end() || found->second.token != r.token || found->second.busy != r.position)
        return nullptr;
    found->second.busy = 0;
    --in_flight_;
    return &found->second;
}

void outbox_relay::published(const outbox_receipt& r) {
    const bool counts = outbox_.published(std::span{&r, 1}) == 1;
    ++(counts ? metrics_.published : metrics_.stale);
    lane* l = answered(r);
    if (l != nullptr && !counts)
        l->rest.clear();
}

void outbox_relay::failed(const outbox_receipt& r, const std::string& reason, time_point now,
                          double u) {
    const bool counts = outbox_.failed(r, reason, now, u);
    ++(counts ? metrics_.failed : metrics_.stale);
    if (lane* l = answered(r))
        l->rest.clear();
}

void outbox_relay::stop() {
    std::vector<outbox_receipt> idle;
    for (auto& [name, l] : lanes_) {
        if (l.busy == 0 && !l.rest.empty())
            idle.push_back(l.rest.front().receipt);
        l.rest.clear();
    }
    outbox_.give_back(idle);
}

time_point outbox_relay::next_event() const {
    return in_flight_ >= max_in_flight_ ? never : outbox_.next_event();
}

} // namespace windtunnel
