// SPDX-License-Identifier: BSL-1.0
// The second of the two seams: how a request gets to another process and its answer back. Live it
// is sockets, in a simulation physics. A transport is bound to one destination. From start() on it
// owns the pending call, until it completes it (exactly once, also after cancel(), never from
// inside start()) or, when everything is being taken down, drops it.
#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "patterns/base/async_sleep.hpp"
#include "patterns/base/call_context.hpp"
#include "patterns/base/outcome.hpp"

namespace windtunnel {

/// Bytes on the wire. A simulation mostly needs their number alone: then `bytes` is null.
struct payload {
    std::uint64_t size = 0;
    std::shared_ptr<const std::string> bytes;
    friend bool operator==(const payload&, const payload&) = default;
};

/// `operation` names what is asked for ("GET /details"); it must live as long as the call.
struct request {
    std::string_view operation;
    payload body;
};

struct reply {
    payload body;
    bool degraded = false; ///< good, but poorer than it should be: some part failed and was ignored
    friend bool operator==(const reply&, const reply&) = default;
};

/// A request under way, with the handler that waits for its outcome.
class pending_call {
  public:
    using function = void (*)(pending_call&, outcome<reply>*);
    pending_call(const request& r, const call_context& c, function end)
        : what(r), context(c), end_(end) {}
    pending_call(const pending_call&) = delete;
    pending_call& operator=(const pending_call&) = delete;

    /// Resumes who waits; the call is gone afterwards.
    void complete(outcome<reply>&& o) { end_(*this, &o); }
    /// Destroys the call and the coroutine that waits for it, which is not resumed.
    void drop() { end_(*this, nullptr); }

    request what;
    call_context context;
    void* state = nullptr; ///< the transport's own
    /// Requests that left for it: a transport that asks nobody, or several, says so in the end.
    std::uint32_t sent = 1;

  private:
    function end_;
};

class transport {
  public:
    virtual ~transport() = default;
    virtual void start(pending_call& call) = 0;
    /// The caller gave up: complete the call with `cancelled` now, unless it has completed.
    virtual void cancel(pending_call& call) = 0;
};

namespace detail {

template <class Handler>
class send_operation : private pending_call {
  public:
    static void start(Handler handler, transport& to, const request& r, const call_context& c) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        void* block = c.environment->allocate(sizeof(send_operation));
        auto* self = new (block) send_operation(std::move(handler), to, r, c);
        if (slot.is_connected())
            slot.template emplace<canceller>(self);
        to.start(*self);
    }

  private:
    struct canceller {
        explicit canceller(send_operation* o) : operation(o) {}
        void operator()(boost::asio::cancellation_type type) {
            if (type != boost::asio::cancellation_type::none)
                operation->cancel();
        }
        send_operation* operation;
    };

    send_operation(Handler&& handler, transport& to, const request& r, const call_context& c)
        : pending_call(r, c, &ended), handler_(std::move(handler)), transport_(to) {}

    void cancel() {
        cancelled_ = true;
        transport_.cancel(*this);
    }

    static void ended(pending_call& call, outcome<reply>* result) {
        auto* self = static_cast<send_operation*>(&call);
        environment& env = *self->context.environment;
        if (result != nullptr) // else the signal may be gone already: leave the slot alone
            boost::asio::get_associated_cancellation_slot(self->handler_).clear();
        Handler handler(std::move(self->handler_));
        const bool cancelled = self->cancelled_;
        self->~send_operation();
        env.deallocate(self, sizeof(send_operation));
        if (result != nullptr && cancelled) // perhaps inside the emission
            complete_later(env, std::move(handler), std::move(*result));
        else if (result != nullptr)
            complete_on(env, std::move(handler), std::move(*result));
    }

    Handler handler_;
    transport& transport_;
    bool cancelled_ = false;
};

struct start_send {
    template <class Handler>
    void operator()(Handler&& handler, transport* to, const request& r,
                    const call_context& c) const {
        send_operation<std::decay_t<Handler>>::start(std::forward<Handler>(handler), *to, r, c);
    }
};

} // namespace detail

/// Completes with outcome<reply>. `r` and `c` are copied at once, so that a deferred operation may
/// outlive them; c.environment must be set.
template <class Token>
auto async_send(transport& to, const request& r, const call_context& c, Token&& token) {
    WINDTUNNEL_ASSERT(c.environment != nullptr);
    return boost::asio::async_initiate<Token, void(outcome<reply>)>(detail::start_send{}, token,
                                                                    &to, r, c);
}

} // namespace windtunnel
