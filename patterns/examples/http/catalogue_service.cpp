// SPDX-License-Identifier: BSL-1.0
#include "patterns/examples/http/catalogue_service.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "patterns/resilience/deadline.hpp"

namespace windtunnel::examples {

namespace {

reply says(std::string body) {
    const std::uint64_t size = body.size();
    return {.body = {size, std::make_shared<const std::string>(std::move(body))}};
}

/// In place of a database. Throws where the request is cancelled.
awaitable<void> work(duration time) {
    auto executor = co_await boost::asio::this_coro::executor;
    auto working = async_sleep(executor, time, boost::asio::use_awaitable);
    co_await std::move(working);
}

} // namespace

catalogue_service::catalogue_service(const catalogue_options& options)
    : options_(options), http_(options.door), time_([this](const http_request& r) {
          return r.method == "GET" ? options_.item_work : options_.order_work;
      }) {
    http_.ready().add("catalogue_loaded", [this] { return loaded_; });
    http_.route("GET /items/{id}",
                [this](const http_request& r, call_context& c) { return item(r, c); });
    http_.route("POST /orders",
                [this](const http_request& r, call_context& c) { return order(r, c); });
}

awaitable<outcome<reply>> catalogue_service::item(const http_request& request, call_context&) {
    auto working = work(time_(request));
    co_await std::move(working);
    const std::string_view path = request.path();
    const std::string id(path.substr(path.rfind('/') + 1));
    co_return says(R"({"item":")" + id + R"("})");
}

/// An order that cannot be done in time is refused before anything has happened.
awaitable<outcome<reply>> catalogue_service::order(const http_request& request,
                                                   call_context& context) {
    if (remaining(context.deadline, context.environment->now()) < options_.order_work)
        co_return failure{.kind = failure_kind::deadline_exceeded, .not_processed = true};
    auto working = work(time_(request));
    co_await std::move(working);
    co_return says(R"({"order":)" + std::to_string(++orders_) + "}");
}

} // namespace windtunnel::examples
