// SPDX-License-Identifier: BSL-1.0
// Old events read as new ones: what is stored never changes. A step takes an event from one schema
// of its type to the next, or to a type that came later; steps are applied until there is none.
// A step must be pure and total: the same event gives the same, and none makes it throw.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "patterns/consistency/event.hpp"

namespace windtunnel {

class upcaster {
  public:
    using step = std::function<event_data(event_data)>;

    /// For events of `type` with that `schema`, which makes them of schema + 1. Throws
    /// std::invalid_argument where there is one already, or no function.
    void add(std::string type, std::uint32_t schema, step make_next);
    /// The same, but the event becomes one of another type.
    void rename(std::string type, std::uint32_t schema, std::string to, std::uint32_t to_schema,
                step make_next);
    /// Throws std::invalid_argument where a type's steps have a gap, or types lead in a circle.
    void validate() const;

    /// What the step says about id, type and schema does not count: the id stays, and the others
    /// are what the step was added for.
    event_data operator()(event_data e) const;

  private:
    struct target {
        std::string type;
        std::uint32_t schema;
        step make_next;
    };
    using source = std::pair<std::string, std::uint32_t>;

    std::map<source, target> steps_;
};

} // namespace windtunnel
