// SPDX-License-Identifier: BSL-1.0
// The simulated transport to an http_service: requests and answers are messages of a delay_network,
// with headers, statuses and cancellation as http_transport has them. A call that is cancelled
// sends the news after its request, and the work ends when that arrives.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <list>
#include <memory>

#include "patterns/http/context_headers.hpp"
#include "patterns/http/http_service.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"
#include "sim-core/physics/delay_network.hpp"

namespace windtunnel::test {

class simulated_transport final : public transport {
  public:
    static constexpr sim::node_id client = 0, server = 1;

    simulated_transport(sim::simulation& world, http_service& to, duration one_way)
        : world_(world), service_(to), network_(world) {
        const sim::link_options link{.latency = sim::distribution::constant(one_way),
                                     .in_order = true};
        network_.connect(client, server, "client->server", link);
        network_.connect(server, client, "server->client", link);
    }

    void start(pending_call& call) override {
        exchanges_.push_back(std::make_unique<exchange>(*this, call));
        exchange& x = *exchanges_.back();
        x.place = std::prev(exchanges_.end());
        call.state = &x;
        network_.send(x.asks);
    }
    void cancel(pending_call& call) override {
        exchange& x = *static_cast<exchange*>(call.state);
        x.call = nullptr;
        network_.send(x.leaves);
        call.complete(failure_kind::cancelled);
    }
    std::size_t in_flight() const { return exchanges_.size(); }

  private:
    struct exchange;
    struct part : sim::message {
        using act = void (simulated_transport::*)(exchange&);
        part(exchange& x, sim::node_id f, sim::node_id t, act does)
            : message(&arrived), of(x), then(does) {
            from = f;
            to = t;
        }
        static void arrived(sim::message& m, sim::delivery) {
            auto& self = static_cast<part&>(m);
            (self.of.home.*self.then)(self.of);
        }
        exchange& of;
        act then;
    };
    struct exchange {
        exchange(simulated_transport& t, pending_call& c)
            : home(t), call(&c), what(to_http(c.what)),
              headers(to_headers(c.context, c.context.environment->now())) {}
        ~exchange() {
            for (part* p : {&asks, &leaves, &answers})
                p->cancel();
        }

        simulated_transport& home;
        pending_call* call;
        http_request what;
        context_headers headers;
        http_response response;
        boost::asio::cancellation_signal stop;
        part asks{*this, client, server, &simulated_transport::serve};
        part leaves{*this, client, server, &simulated_transport::caller_left};
        part answers{*this, server, client, &simulated_transport::answered};
        std::list<std::unique_ptr<exchange>>::iterator place;
        bool working = false;
    };

    void serve(exchange& x) {
        x.working = true;
        const call_context context = from_headers(x.headers, x.what.method, world_.environment());
        boost::asio::co_spawn(
            world_.get_executor(), service_.handle(x.what, context),
            boost::asio::bind_cancellation_slot(x.stop.slot(),
                                                [this, &x](std::exception_ptr, http_response said) {
                                                    x.working = false;
                                                    x.response = std::move(said);
                                                    if (x.call != nullptr)
                                                        network_.send(x.answers);
                                                    else
                                                        end_if_over(x);
                                                }));
    }
    void answered(exchange& x) {
        if (pending_call* waiting = std::exchange(x.call, nullptr))
            waiting->complete(to_outcome(std::move(x.response)));
        end_if_over(x);
    }
    void caller_left(exchange& x) {
        if (x.working)
            x.stop.emit(boost::asio::cancellation_type::terminal);
        end_if_over(x);
    }
    void end_if_over(exchange& x) {
        const bool travels = x.asks.in_flight() || x.leaves.in_flight() || x.answers.in_flight();
        if (x.call == nullptr && !x.working && !travels)
            exchanges_.erase(x.place);
    }

    sim::simulation& world_;
    http_service& service_;
    sim::delay_network network_;
    std::list<std::unique_ptr<exchange>> exchanges_;
};

} // namespace windtunnel::test
