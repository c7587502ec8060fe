// SPDX-License-Identifier: BSL-1.0
// What is still to be done for requests that were answered: a request whose work goes over a queue
// or a topic is accepted when it is answered, and completed when the last message that was
// published on its behalf, by whomever, has been worked on. A journey is one such request; who does
// something for it holds it. Memory follows the journeys under way.
#pragma once

#include <cstdint>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel::topology {

class observer;

class journeys {
  public:
    /// 0: of none; else it travels with calls and messages as their correlation.
    using id = std::uint64_t;

    /// A request of the system's client `client` is sent.
    id begin(std::uint32_t client, time_point sent);
    /// It has its answer; what is left of it is what others hold.
    void answered(id journey, bool ok, time_point now, observer& books);

    /// One more message on its behalf: it returns what the message carries, 0 where the journey has
    /// ended already.
    id hold(id journey);
    /// Something that should have been published was not.
    void lose(id journey);
    /// The message has been worked on, or is lost.
    void release(id journey, bool lost, time_point now, observer& books);

    std::size_t under_way() const { return under_way_; } ///< answered or not
    /// Requests that were answered well and whose work is not over.
    struct undone {
        std::uint32_t client = 0;
        time_point sent{};
    };
    std::vector<undone> not_done() const;

  private:
    struct record {
        time_point sent{};
        std::uint32_t client = 0;
        std::uint32_t generation = 0;
        std::uint32_t held = 0; ///< 0: free
        bool published = false, lost = false, failed = false, answered = false;
    };

    record* find(id journey);
    void let_go(record& r, time_point now, observer& books);

    std::vector<record> records_;
    std::vector<std::uint32_t> free_;
    std::size_t under_way_ = 0;
};

} // namespace windtunnel::topology
