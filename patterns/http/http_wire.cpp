// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_wire.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <charconv>

namespace windtunnel::wire {

namespace http = boost::beast::http;

namespace {

constexpr int http_1_1 = 11;

struct marker {
    std::string_view name;
    bool http_response::*flag;
};
constexpr std::array<marker, 3> markers{{{"x-not-processed", &http_response::not_processed},
                                         {"x-no-retry", &http_response::no_retry},
                                         {"x-degraded", &http_response::degraded}}};

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// Seconds; a date, which the header may be as well, counts as not said.
duration parse_retry_after(std::string_view text) {
    std::int32_t seconds = -1;
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    if (parsed.ec != std::errc{} || parsed.ptr != end || seconds < 0)
        return duration{-1};
    return std::chrono::seconds{seconds};
}

} // namespace

request_message to_wire(http_request&& request, const context_headers& context,
                        std::string_view host) {
    request_message message;
    message.version(http_1_1);
    message.method_string(request.method);
    message.target(request.target);
    message.set(http::field::host, host);
    for (std::size_t i = 0; i < context.names.size(); ++i)
        if (!context.values[i].empty())
            message.set(context.names[i], context.values[i]);
    if (!request.body.empty())
        message.set(http::field::content_type, "application/json");
    message.body() = std::move(request.body);
    message.prepare_payload();
    return message;
}

http_request from_wire(request_message&& message, context_headers& context) {
    for (std::size_t i = 0; i < context.names.size(); ++i)
        context.values[i] = view(message[context.names[i]]);
    return {.method = std::string(view(message.method_string())),
            .target = std::string(view(message.target())),
            .body = std::move(message.body())};
}

response_message to_wire(http_response&& response, bool keep_alive) {
    response_message message;
    message.version(http_1_1);
    message.result(response.status);
    message.set(http::field::content_type, response.content_type);
    if (response.retry_after >= duration::zero())
        message.set(
            http::field::retry_after,
            std::to_string(std::chrono::ceil<std::chrono::seconds>(response.retry_after).count()));
    for (const marker& m : markers)
        if (response.*m.flag)
            message.set(m.name, "true");
    message.keep_alive(keep_alive);
    message.body() = std::move(response.body);
    message.prepare_payload();
    return message;
}

http_response from_wire(response_message&& message) {
    http_response response;
    response.status = static_cast<std::uint16_t>(message.result_int());
    response.content_type = view(message[http::field::content_type]);
    response.retry_after = parse_retry_after(view(message[http::field::retry_after]));
    for (const marker& m : markers)
        response.*m.flag = message[m.name] == "true";
    response.body = std::move(message.body());
    return response;
}

bool peer_left(boost::asio::ip::tcp::socket& socket) {
    std::array<char, 1> byte{};
    boost::system::error_code error;
    socket.non_blocking(true, error);
    if (!error)
        socket.receive(boost::asio::buffer(byte), boost::asio::socket_base::message_peek, error);
    return error && error != boost::asio::error::would_block;
}

} // namespace windtunnel::wire
