// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <unordered_map>

namespace windtunnel::topology {

/// Counts messages of a key whose work ends after that of one that was published later. Memory
/// follows the number of keys.
class order_watch {
  public:
    /// `place`: in the order of publishing, above 0; `key` 0: of none, and of no order.
    void ended(std::uint64_t key, std::uint64_t place) {
        if (key == 0)
            return;
        std::uint64_t& last = last_[key];
        if (place < last)
            ++out_of_order_;
        else
            last = place;
    }
    std::uint64_t out_of_order() const { return out_of_order_; }

  private:
    std::unordered_map<std::uint64_t, std::uint64_t> last_; ///< looked up only
    std::uint64_t out_of_order_ = 0;
};

} // namespace windtunnel::topology
