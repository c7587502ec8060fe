// SPDX-License-Identifier: BSL-1.0
#include "patterns/resilience/classification.hpp"

namespace windtunnel {

verdict classify(const failure& f) {
    switch (f.kind) {
    case failure_kind::error:
    case failure_kind::overloaded:
    case failure_kind::unavailable:
    case failure_kind::connection_lost:
    case failure_kind::contract_broken:
    case failure_kind::timed_out:
        return verdict::failure;
    case failure_kind::deadline_exceeded:
    case failure_kind::cancelled:
    case failure_kind::shut_down:
    case failure_kind::breaker_open:
    case failure_kind::bulkhead_full:
    case failure_kind::bulkhead_timeout:
    case failure_kind::rate_limited:
    case failure_kind::limit_reached:
    case failure_kind::throttled:
        break;
    }
    return verdict::neutral;
}

bool is_clients_error(const failure& f) {
    return f.kind == failure_kind::error && f.status >= 400 && f.status <= 499 && f.status != 408 &&
           f.status != 425 && f.status != 429;
}

} // namespace windtunnel
