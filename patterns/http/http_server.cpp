// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "patterns/http/http_session.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace asio = boost::asio;
using asio::ip::tcp;

void http_server_options::validate() const {
    constexpr option_check check{"http_server"};
    check(idle_timeout > duration::zero(), "idle_timeout", idle_timeout, "be above 0");
    check(io_timeout > duration::zero(), "io_timeout", io_timeout, "be above 0");
    check(max_body >= 1, "max_body", static_cast<double>(max_body), "be at least 1");
    check(max_connections >= 1, "max_connections", max_connections, "be at least 1");
}

struct http_server::state {
    state(const asio::any_io_executor& executor, http_service& service,
          const http_server_options& options)
        : group(std::make_shared<session_group>(executor, service, options)), acceptor(executor) {}

    static awaitable<void> accept(std::shared_ptr<state> self);
    awaitable<void> part_ended(time_point until);

    bool is_full() const {
        return group->sessions.size() >= static_cast<std::size_t>(group->options.max_connections);
    }

    /// Something of it is alive: a session, or the coroutine that accepts.
    bool is_busy() const { return accepting || !group->sessions.empty(); }

    std::shared_ptr<session_group> group;
    tcp::acceptor acceptor;
    bool accepting = false;
};

awaitable<void> http_server::state::accept(std::shared_ptr<state> self) {
    while (self->acceptor.is_open()) {
        boost::system::error_code error;
        auto accepting =
            self->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
        tcp::socket socket = co_await std::move(accepting);
        if (!error && self->acceptor.is_open()) // who came just before the end finds it closed
            http_session::start(self->group, std::move(socket));
        constexpr auto pause = std::chrono::milliseconds{10}; // out of descriptors, perhaps
        while (self->acceptor.is_open() && (error || self->is_full())) {
            auto waiting = async_sleep(self->group->executor, pause, asio::use_awaitable);
            co_await std::move(waiting);
            error = {};
        }
    }
    self->accepting = false;
    self->group->changed.emit(asio::cancellation_type::terminal);
}

/// Waits until a session has ended, or nobody accepts any more, or that instant.
awaitable<void> http_server::state::part_ended(time_point until) {
    auto waiting =
        async_wait_until(group->env, until, timer_class::event,
                         asio::bind_cancellation_slot(group->changed.slot(), asio::use_awaitable));
    co_await std::move(waiting);
}

http_server::http_server(asio::any_io_executor executor, http_service& service,
                         const http_server_options& options)
    : state_(std::make_shared<state>(executor, service, options)) {
    options.validate();
}

http_server::~http_server() {
    stop();
}

std::uint16_t http_server::listen(const std::string& address, std::uint16_t port) {
    const tcp::endpoint here(asio::ip::make_address(address), port);
    tcp::acceptor& acceptor = state_->acceptor;
    acceptor.open(here.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(here);
    acceptor.listen();
    state_->accepting = true;
    asio::co_spawn(state_->group->executor, state::accept(state_), [](std::exception_ptr error) {
        if (error)
            std::rethrow_exception(error);
    });
    return acceptor.local_endpoint().port();
}

awaitable<bool> http_server::drain(duration notice, duration grace) {
    const auto here = state_; // lives as long as this
    session_group& group = *here->group;
    group.service.drain();
    group.draining = true;
    if (notice > duration::zero()) {
        auto noticing = async_sleep(group.executor, notice, asio::use_awaitable);
        co_await std::move(noticing);
    }
    boost::system::error_code ignored;
    here->acceptor.close(ignored);
    const std::list<http_session*> open = group.sessions; // closing ends them later, by turns
    for (http_session* s : open)
        s->close_if_idle();
    const time_point end = saturating_add(group.env.now(), grace);
    while (here->is_busy() && group.env.now() < end) {
        auto waiting = here->part_ended(end);
        co_await std::move(waiting);
    }
    const bool all_ended = group.sessions.empty();
    stop();
    while (here->is_busy()) {
        auto waiting = here->part_ended(never);
        co_await std::move(waiting);
    }
    co_return all_ended;
}

void http_server::stop() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    const std::list<http_session*> open = state_->group->sessions;
    for (http_session* s : open)
        s->stop();
}

std::size_t http_server::connections() const {
    return state_->group->sessions.size();
}

} // namespace windtunnel
