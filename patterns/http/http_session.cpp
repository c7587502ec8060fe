// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "patterns/base/timed.hpp"

namespace windtunnel {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

/// What came is no HTTP; as opposed to: nothing came, or not all of it.
bool is_nonsense(const boost::system::error_code& error) {
    const auto& of_http = http::make_error_code(http::error::bad_value).category();
    return error.category() == of_http && error != http::error::end_of_stream &&
           error != http::error::partial_message;
}

} // namespace

http_session::http_session(std::shared_ptr<session_group> group, tcp::socket socket)
    : timer(&struck), group_(std::move(group)), socket_(std::move(socket)),
      place_(group_->sessions.insert(group_->sessions.end(), this)) {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
}

http_session::~http_session() {
    if (armed())
        group_->env.disarm(*this);
    if (listed_)
        group_->sessions.erase(place_);
}

void http_session::start(std::shared_ptr<session_group> group, tcp::socket socket) {
    auto executor = group->executor;
    auto self = std::make_shared<http_session>(std::move(group), std::move(socket));
    asio::co_spawn(
        executor, run(self),
        asio::bind_cancellation_slot(self->stop_.slot(), [self](std::exception_ptr error) {
            self->ended(std::move(error));
        }));
}

awaitable<void> http_session::run(std::shared_ptr<http_session> self) {
    constexpr std::uint16_t bad_request = 400, too_large = 413;
    bool goes_on = true;
    while (goes_on) {
        auto reading = self->read();
        const asked what = co_await std::move(reading);
        if (what == asked::nothing)
            break;
        http_response response;
        bool keep_alive = false;
        if (what == asked::request) {
            keep_alive = self->request_.keep_alive();
            auto working = self->work();
            response = co_await std::move(working);
        } else {
            const std::uint16_t status = what == asked::too_large ? too_large : bad_request;
            response = to_response(failure{.kind = failure_kind::error, .status = status});
        }
        auto writing = self->write(std::move(response), keep_alive);
        goes_on = co_await std::move(writing);
    }
}

/// Waits for the first byte, however long that is, and then reads quickly.
awaitable<http_session::asked> http_session::read() {
    phase_ = phase::idle;
    only_head_ = false;
    boost::system::error_code error;
    if (buffer_.size() == 0) {
        limit(group_->options.idle_timeout);
        auto readable = socket_.async_wait(tcp::socket::wait_read,
                                           asio::redirect_error(asio::use_awaitable, error));
        co_await std::move(readable);
        if (error)
            co_return asked::nothing;
    }
    phase_ = phase::reading;
    limit(group_->options.io_timeout);
    http::request_parser<http::string_body> parser;
    parser.body_limit(group_->options.max_body);
    auto reading = http::async_read(socket_, buffer_, parser,
                                    asio::redirect_error(asio::use_awaitable, error));
    co_await std::move(reading);
    group_->env.disarm(*this);
    if (error == http::error::body_limit)
        co_return asked::too_large;
    if (error)
        co_return is_nonsense(error) ? asked::nonsense : asked::nothing;
    request_ = parser.release();
    only_head_ = request_.method() == http::verb::head;
    co_return asked::request;
}

awaitable<http_response> http_session::work() {
    phase_ = phase::working;
    watch_peer();
    context_headers headers;
    http_request what = wire::from_wire(std::move(request_), headers);
    const call_context context = from_headers(headers, what.method, group_->env);
    auto handling = group_->service.handle(std::move(what), context);
    http_response response = co_await std::move(handling);
    watching_.emit(asio::cancellation_type::terminal);
    co_return response;
}

awaitable<bool> http_session::write(http_response response, bool keep_alive) {
    phase_ = phase::writing;
    limit(group_->options.io_timeout);
    boost::system::error_code error;
    wire::response_message message =
        wire::to_wire(std::move(response), keep_alive && !group_->draining);
    if (only_head_) { // RFC 9110, 9.3.2: as for GET, without the body
        http::response_serializer<http::string_body> head(message);
        auto writing = http::async_write_header(socket_, head,
                                                asio::redirect_error(asio::use_awaitable, error));
        co_await std::move(writing);
    } else {
        auto writing =
            http::async_write(socket_, message, asio::redirect_error(asio::use_awaitable, error));
        co_await std::move(writing);
    }
    group_->env.disarm(*this);
    const bool goes_on = !error && message.keep_alive();
    co_return goes_on;
}

/// Readable means that the client has closed the connection, or has sent its next request already.
void http_session::watch_peer() {
    auto readable = [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && self->phase_ == phase::working && wire::peer_left(self->socket_))
            self->stop_.emit(asio::cancellation_type::terminal);
    };
    socket_.async_wait(tcp::socket::wait_read,
                       asio::bind_cancellation_slot(watching_.slot(), std::move(readable)));
}

void http_session::close_if_idle() {
    boost::system::error_code ignored;
    if (phase_ == phase::idle && socket_.available(ignored) == 0)
        close();
}

void http_session::stop() {
    stop_.emit(asio::cancellation_type::terminal);
    close();
}

void http_session::ended(std::exception_ptr error) {
    close();
    leave();
    try {
        if (error)
            std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        if (!detail::says_cancelled(e.code()))
            throw;
    }
}

void http_session::leave() {
    group_->sessions.erase(place_);
    listed_ = false;
    group_->changed.emit(asio::cancellation_type::terminal);
}

void http_session::close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

void http_session::limit(duration time) {
    group_->env.disarm(*this);
    group_->env.arm(*this, saturating_add(group_->env.now(), time), timer_class::deadline);
}

} // namespace windtunnel
