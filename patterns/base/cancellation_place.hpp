// SPDX-License-Identifier: BSL-1.0
// Where an operation leaves word how it is to be cancelled, inside of whoever waits for it: a
// cancellation slot (as Asio's operations know it) and its signal in one, in two words of memory.
// An asio::cancellation_signal allocates for each operation; who makes millions of calls and has
// one operation at a time embeds this instead. It must outlive the operation's completion.
#pragma once

#include <boost/asio/cancellation_type.hpp>
#include <new>
#include <type_traits>
#include <utility>

namespace windtunnel {

class cancellation_place {
  public:
    class slot;

    cancellation_place() = default;
    cancellation_place(const cancellation_place&) = delete;
    cancellation_place& operator=(const cancellation_place&) = delete;

    /// What an operation's handler answers to get_cancellation_slot().
    slot get() noexcept;

    /// Cancels the operation that is under way here; nothing where there is none.
    void emit(boost::asio::cancellation_type type = boost::asio::cancellation_type::terminal) {
        if (function_ != nullptr)
            function_(&memory_, type);
    }

  private:
    using function = void (*)(void*, boost::asio::cancellation_type);
    function function_ = nullptr;
    void* memory_ = nullptr;
};

/// Takes functions of one pointer's size that need no destructor, as those of this library's own
/// operations are.
class cancellation_place::slot {
  public:
    explicit slot(cancellation_place& place) noexcept : place_(&place) {}

    bool is_connected() const noexcept { return true; }
    bool has_handler() const noexcept { return place_->function_ != nullptr; }
    void clear() { place_->function_ = nullptr; }

    template <class F, class... Arguments>
    F& emplace(Arguments&&... arguments) {
        static_assert(sizeof(F) <= sizeof(void*) && alignof(F) <= alignof(void*));
        static_assert(std::is_trivially_destructible_v<F>);
        auto* made = new (&place_->memory_) F(std::forward<Arguments>(arguments)...);
        place_->function_ = [](void* memory, boost::asio::cancellation_type type) {
            F function = *std::launder(static_cast<F*>(memory)); // it may be replaced meanwhile
            function(type);
        };
        return *made;
    }
    template <class F>
    std::decay_t<F>& assign(F&& f) {
        return emplace<std::decay_t<F>>(std::forward<F>(f));
    }

    friend bool operator==(const slot&, const slot&) = default;

  private:
    cancellation_place* place_;
};

inline cancellation_place::slot cancellation_place::get() noexcept {
    return slot(*this);
}

} // namespace windtunnel
