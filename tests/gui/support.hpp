// SPDX-License-Identifier: BSL-1.0
// Helpers of the window's tests: small scenarios and sessions of them.
#pragma once

#include <string>

#include "gui/model/session.hpp"
#include "scenarios/src/loader.hpp"
#include "support/repository.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::gui {

inline std::string data_file(const std::string& name) {
    return test::in_repository("tests/data/gui/" + name).string();
}

/// web (two instances) calls cart, and pay with a breaker; readers and buyers call web. pay is down
/// from 4 s to 8 s of 12 s.
inline const std::string shop = R"json({
  "topology": { "name": "shop", "services": {
    "web": { "replicas": 2, "workers": 4, "endpoints": { "GET /": { "work": "exponential(mean=2ms)",
      "steps": [ { "call": "cart.GET /cart" },
                 { "call": "pay.POST /charge", "timeout": "100ms", "on_error": "ignore",
                   "circuit_breaker": { "sliding_window_duration": "1s" } } ] } } },
    "cart": { "endpoints": { "GET /cart": { "work": "exponential(mean=1ms)" } } },
    "pay": { "endpoints": { "POST /charge": { "work": "exponential(mean=1ms)" } } } } },
  "warmup": "1s", "duration": "11s",
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)" },
                { "name": "buyers", "to": "web.GET /", "arrivals": "constant(50/s)" } ],
  "faults": [ { "name": "pay down", "at": "4s", "for": "4s", "crash": { "on": "pay" } } ],
  "expect": [ "readers: p99 < 1s", "pay: errors < 1%" ]
})json";

inline scenario::scenario_spec spec_of(const std::string& text) {
    return scenario::parse_scenario(topology::document::parse(text, "shop.json"), ".", "shop");
}

} // namespace windtunnel::gui
