// SPDX-License-Identifier: BSL-1.0
// Between this library's messages and Boost.Beast's. Private: for the sources of this folder.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string_view>

#include "patterns/http/context_headers.hpp"
#include "patterns/http/http_message.hpp"

namespace windtunnel::wire {

using request_message = boost::beast::http::request<boost::beast::http::string_body>;
using response_message = boost::beast::http::response<boost::beast::http::string_body>;

request_message to_wire(http_request&& request, const context_headers& context,
                        std::string_view host);
http_request from_wire(request_message&& message, context_headers& context);

response_message to_wire(http_response&& response, bool keep_alive);
http_response from_wire(response_message&& message);

/// Whether the other side has closed the connection. Does not wait.
bool peer_left(boost::asio::ip::tcp::socket& socket);

} // namespace windtunnel::wire
