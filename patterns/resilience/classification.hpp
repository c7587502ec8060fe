// SPDX-License-Identifier: BSL-1.0
// What a policy learns from how a call ended. Three ways, not two: a call that the caller
// cancelled, or that a policy on our own side refused, says nothing about the backend, and must
// neither close nor open a breaker. Counting those as successes or failures is the field's
// commonest breaker bug.
#pragma once

#include <cstdint>

#include "patterns/base/outcome.hpp"

namespace windtunnel {

enum class verdict : std::uint8_t { success, failure, neutral };

/// The default classifier: what the backend or the attempt's clock did is a failure (error,
/// overloaded, unavailable, connection_lost, timed_out); what the caller did (cancelled,
/// shut_down), the overall deadline and local rejections are neutral.
verdict classify(const failure& f);

/// An error with a status 400 to 499 but 408, 425 and 429 (RFC 9110, 15.5): the request was wrong,
/// or there is no such thing; asking again changes nothing.
bool is_clients_error(const failure& f);

template <class T>
verdict classify(const outcome<T>& result) {
    return result.ok() ? verdict::success : classify(result.failed());
}

} // namespace windtunnel
