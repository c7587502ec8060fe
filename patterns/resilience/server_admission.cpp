// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/server_admission.hpp"

namespace windtunnel {

void server_admission_options::validate() const {
    queue.validate();
    limit.validate();
}

server_admission::server_admission(const server_admission_options& o, random_stream probes,
                                   time_point now)
    : timer(&struck), queue_(o.queue, o.limit, probes, now), retry_after_(o.retry_after) {
    queue_.on_room(&wake, this);
}

server_admission::~server_admission() {
    if (armed())
        environment_->disarm(*this);
}

failure server_admission::refusal(admission_verdict verdict) const {
    constexpr std::uint16_t unavailable = 503, too_late = 504;
    if (verdict == admission_verdict::cancelled)
        return {.kind = failure_kind::cancelled};
    if (verdict == admission_verdict::deadline_passed)
        return {.kind = failure_kind::deadline_exceeded, .status = too_late, .not_processed = true};
    return {.kind = failure_kind::overloaded,
            .status = unavailable,
            .not_processed = true,
            .retry_after = retry_after_};
}

/// On a turn of its own: a permit may end in the middle of anything.
void server_admission::wake(void* self) {
    auto& door = *static_cast<server_admission*>(self);
    if (!door.armed())
        door.environment_->arm(door, door.environment_->now(), timer_class::event);
}

void server_admission::struck(timer& t) {
    auto& door = static_cast<server_admission&>(t);
    door.queue_.serve(door.environment_->now());
}

} // namespace windtunnel
