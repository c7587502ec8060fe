// SPDX-License-Identifier: BSL-1.0
// An example of a client: reads are hedged, orders go through the standard client, as a write that
// is not idempotent. It knows a transport, not what is behind it: sockets, or a simulation.
#pragma once

#include <string>

#include "patterns/base/transport.hpp"
#include "patterns/resilience/presets.hpp"

namespace windtunnel::examples {

struct catalogue_client_options {
    standard_hedged_client_options items{};
    standard_client_options orders{};
};

class catalogue_client {
  public:
    /// The environment is that of the transport's context.
    catalogue_client(transport& to, environment& env, const catalogue_client_options& options = {});

    awaitable<outcome<reply>> item(std::string id, call_context context = {});
    awaitable<outcome<reply>> order(std::string json, call_context context = {});

    standard_hedged_client& items() { return items_; }
    standard_client& orders() { return orders_; }

  private:
    transport& to_;
    environment& environment_;
    standard_hedged_client items_;
    standard_client orders_;
};

} // namespace windtunnel::examples
