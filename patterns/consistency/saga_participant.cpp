// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/saga_participant.hpp"

#include <array>

#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

namespace {

constexpr std::array<std::string_view, 5> verdict_names{"run", "already_done", "already_failed",
                                                        "refused", "nothing_to_undo"};

enum class fence : std::uint8_t { done, failed, compensated };

std::string fence_key(std::string_view saga, std::string_view step) {
    return storage_key{}.text(saga).text(step).take();
}

std::string fence_record(fence f, std::string_view data) {
    return record_writer{}.number(static_cast<std::uint64_t>(f)).text(data).take();
}

} // namespace

std::string_view to_string(saga_verdict verdict) {
    return verdict_names.at(static_cast<std::size_t>(verdict));
}

saga_admission saga_participant::admit(storage_transaction& t, std::string_view saga,
                                       std::string_view step, saga_direction direction) {
    const std::string key = fence_key(saga, step);
    const bool action = direction == saga_direction::action;
    const auto record = t.get(table_, key);
    if (!record) {
        if (action)
            return {saga_verdict::run, {}};
        t.put(table_, key, fence_record(fence::compensated, {}));
        return {saga_verdict::nothing_to_undo, {}};
    }
    record_reader r{*record};
    const auto was = static_cast<fence>(r.number());
    std::string data = r.text();
    if (action)
        return {was == fence::done     ? saga_verdict::already_done
                : was == fence::failed ? saga_verdict::already_failed
                                       : saga_verdict::refused,
                std::move(data)};
    if (was != fence::done)
        return {saga_verdict::nothing_to_undo, {}};
    t.put(table_, key, fence_record(fence::compensated, {}));
    return {saga_verdict::run, std::move(data)};
}

void saga_participant::done(storage_transaction& t, std::string_view saga, std::string_view step,
                            std::string_view data) {
    t.put(table_, fence_key(saga, step), fence_record(fence::done, data));
}

void saga_participant::failed(storage_transaction& t, std::string_view saga, std::string_view step,
                              std::string_view why) {
    t.put(table_, fence_key(saga, step), fence_record(fence::failed, why));
}

} // namespace windtunnel
