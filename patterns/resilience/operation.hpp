// SPDX-License-Identifier: BSL-1.0
// What a policy's driver runs: a function of a call_context& that returns an awaitable<outcome<R>>
// or a deferred Asio operation of void(outcome<R>), which needs no coroutine.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <type_traits>

#include "patterns/base/call_context.hpp"
#include "patterns/base/outcome.hpp"

namespace windtunnel {

/// GCC 12 destroys a temporary lambda with captured objects twice when it stands in a co_await
/// expression: such a lambda must be named first. One that captures by reference is safe.
template <class F>
concept awaitable_safe =
    std::is_lvalue_reference_v<F> || std::is_trivially_copyable_v<std::remove_cvref_t<F>>;

namespace detail {

template <class Operation>
struct operation_result;
template <class R>
struct operation_result<boost::asio::awaitable<outcome<R>>> {
    using type = R;
    static constexpr bool is_coroutine = true;
};
template <class R, class Initiation, class... Args>
struct operation_result<
    boost::asio::deferred_async_operation<void(outcome<R>), Initiation, Args...>> {
    using type = R;
    static constexpr bool is_coroutine = false;
};

template <class F>
using operation_of = operation_result<std::invoke_result_t<F&, call_context&>>;

} // namespace detail

} // namespace windtunnel
