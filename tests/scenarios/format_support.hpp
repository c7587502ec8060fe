// SPDX-License-Identifier: BSL-1.0
// Helpers of the tests of the scenario format: a small shop, patched by each test, and the message
// that bad input gets.
#pragma once

#include <stdexcept>
#include <string>

#include "scenarios/src/loader.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::scenario {

/// web calls cart, then pay; readers call web. One fault from 40 s to 60 s of 110 s.
inline const std::string shop = R"j({
  "topology": { "name": "shop", "services": {
    "web": { "replicas": 2, "endpoints": { "GET /": { "work": "1ms", "steps": [
      { "call": "cart.GET /cart" }, { "call": "pay.POST /charge" } ] } } },
    "cart": { "endpoints": { "GET /cart": { "work": "1ms" }, "GET /a: b": {} } },
    "pay": { "endpoints": { "POST /charge": { "work": "1ms" } } } } },
  "warmup": "10s", "duration": "100s",
  "workload": [ { "name": "readers", "to": "web.GET /", "arrivals": "poisson(200/s)" } ],
  "faults": [ { "name": "slow pay", "at": "40s", "for": "20s",
                "latency": { "on": "pay", "add": "1s" } } ]
})j";

/// The shop, with a JSON Merge Patch; what the patch says is in the file "patch".
inline scenario_spec shop_with(const std::string& patch, const load_options& options = {}) {
    const auto base = topology::document::parse(shop, "shop.json");
    const auto change = topology::document::parse(patch, "patch");
    return parse_scenario(topology::document::merge(base.root(), change.root()), ".", "shop",
                          options);
}

/// What the error says that `run` throws; "no error" if it throws none.
template <class Run>
std::string message_of(Run&& run) {
    try {
        run();
    } catch (const std::runtime_error& error) {
        return error.what();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no error";
}

} // namespace windtunnel::scenario
