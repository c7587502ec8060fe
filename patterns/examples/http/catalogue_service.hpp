// SPDX-License-Identifier: BSL-1.0
// An example of a service: a catalogue of items that takes orders. It is written against the
// environment and http_service alone, so it runs on sockets and in a simulation as it is.
//   GET /items/{id}   an item
//   POST /orders      accepts an order
//   GET /health/live, GET /health/ready
#pragma once

#include <cstdint>
#include <functional>

#include "patterns/http/http_service.hpp"

namespace windtunnel::examples {

struct catalogue_options {
    server_admission_options door{};
    duration item_work = std::chrono::milliseconds{2};  ///< what a database would take
    duration order_work = std::chrono::milliseconds{5}; ///< also what it takes an order for
};

class catalogue_service {
  public:
    explicit catalogue_service(const catalogue_options& options = {});

    http_service& http() { return http_; }
    /// How long each request works from now on, in place of the options.
    void work_for(std::function<duration(const http_request&)> time) { time_ = std::move(time); }
    /// Whether the catalogue is in memory yet: until then it is not ready.
    void loaded(bool is) { loaded_ = is; }
    std::uint64_t orders() const { return orders_; }

  private:
    awaitable<outcome<reply>> item(const http_request& request, call_context& context);
    awaitable<outcome<reply>> order(const http_request& request, call_context& context);

    catalogue_options options_;
    http_service http_;
    std::function<duration(const http_request&)> time_;
    std::uint64_t orders_ = 0;
    bool loaded_ = true;
};

} // namespace windtunnel::examples
