// SPDX-License-Identifier: BSL-1.0
#include "patterns/examples/http/catalogue_client.hpp"

#include <boost/asio/deferred.hpp>
#include <memory>

namespace windtunnel::examples {

catalogue_client::catalogue_client(transport& to, environment& env,
                                   const catalogue_client_options& options)
    : to_(to), environment_(env), items_(options.items, env.stream("items"), env.now()),
      orders_(options.orders, env.stream("orders"), env.now()) {}

awaitable<outcome<reply>> catalogue_client::item(std::string id, call_context context) {
    const std::string operation = "GET /items/" + id;
    context.environment = &environment_;
    auto asking = [&](call_context& c) {
        return async_send(to_, request{operation, {}}, c, boost::asio::deferred);
    };
    auto calling = items_.execute(context, asking);
    outcome<reply> result = co_await std::move(calling);
    co_return result;
}

awaitable<outcome<reply>> catalogue_client::order(std::string json, call_context context) {
    const std::uint64_t size = json.size();
    const payload body{size, std::make_shared<const std::string>(std::move(json))};
    context.environment = &environment_;
    context.idempotent = false;
    auto asking = [&](call_context& c) {
        return async_send(to_, request{"POST /orders", body}, c, boost::asio::deferred);
    };
    auto calling = orders_.execute(context, asking);
    outcome<reply> result = co_await std::move(calling);
    co_return result;
}

} // namespace windtunnel::examples
