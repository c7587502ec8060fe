// SPDX-License-Identifier: BSL-1.0
// Which failures say that a request was refused for good: it did nothing, and would be refused
// again. What a timeout, a lost connection or an overloaded server leave open is not among them.
#pragma once

#include "patterns/base/outcome.hpp"

namespace windtunnel {

/// An answer of 4xx, but for those that may be otherwise the next time: 408 (timeout), 409
/// (conflict), 425 (too early), 429 (too many).
constexpr bool is_definite(const failure& f) {
    const bool may_change =
        f.status == 408 || f.status == 409 || f.status == 425 || f.status == 429;
    return f.kind == failure_kind::error && f.status >= 400 && f.status < 500 && !may_change &&
           !f.not_processed;
}

} // namespace windtunnel
