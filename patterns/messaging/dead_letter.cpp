// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/dead_letter.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, dead_letter_reasons> dead_letter_reason_names{
    "rejected", "expired", "maxlen", "delivery_limit", "crash"};

} // namespace

std::string_view to_string(dead_letter_reason reason) {
    return dead_letter_reason_names.at(static_cast<std::size_t>(reason));
}

bool dead_letter_policy::takes(dead_letter_reason reason) const {
    const std::array<bool, dead_letter_reasons> by_reason{rejected, expired, maxlen, delivery_limit,
                                                          false};
    return by_reason.at(static_cast<std::size_t>(reason));
}

void record_death(queue_message& m, std::string_view queue, dead_letter_reason reason,
                  time_point now) {
    auto& deaths = m.deaths;
    auto known = std::find_if(deaths.begin(), deaths.end(), [&](const death_record& d) {
        return d.reason == reason && d.queue == queue;
    });
    if (known == deaths.end())
        known = deaths.insert(known, {std::string{queue}, reason, 0, now, m.ttl});
    ++known->count;
    std::rotate(deaths.begin(), known, known + 1);
}

dead_letter made_dead(queue_message&& m, std::string_view queue, dead_letter_reason reason,
                      time_point now) {
    record_death(m, queue, reason, now);
    m.ttl = duration::max();
    return {std::move(m), reason, now};
}

bool is_dead_letter_cycle(const queue_message& m, std::string_view target) {
    for (const auto& d : m.deaths) {
        if (d.reason == dead_letter_reason::rejected)
            return false;
        if (d.queue == target)
            return true;
    }
    return false;
}

} // namespace windtunnel
