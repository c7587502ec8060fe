// SPDX-License-Identifier: BSL-1.0
// What a file says of something that a call can have: nothing, so that what it inherits stands;
// that there is to be none ("off"); or how it is to be. As an optional it has a value only in the
// last case, so who wants to know what a call has need not tell the first two apart.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace windtunnel::topology {

struct switched_off {};
inline constexpr switched_off off{};

template <class T>
class choice : public std::optional<T> {
  public:
    using std::optional<T>::optional;
    choice() = default;
    choice(switched_off) : off_(true) {}
    choice(T value) : std::optional<T>(std::move(value)) {}

    bool is_said() const { return off_ || this->has_value(); }
    bool is_off() const { return off_; }

    /// What the other says goes before; where it says nothing, this stays.
    void lay(const choice& over) {
        if (over.is_said())
            *this = over;
    }

  private:
    bool off_ = false;
};

} // namespace windtunnel::topology
