// SPDX-License-Identifier: BSL-1.0
// What a SimGrid network is made of, as plain data: hosts, links and routes (or a platform file of
// SimGrid's own), the flow model and who runs where. Bandwidths are bytes a second, speeds are
// flops.
//
// Models, with T the time of a message that is alone on its route, lat the sum of the links'
// latencies and bw the narrowest bandwidth (Velho and Legrand, "Accuracy study and improvement of
// network simulation in the SimGrid framework", SIMUTools 2009; Casanova and Marchal, RR-4596,
// 2002):
//   LV08  T = 13.01 lat + 1.05 size / (.97 bw), without cross traffic + size / (.97 bw)
//   CM02  T = lat + 1.05 size / bw, without cross traffic lat + size / bw
// The rate never exceeds TCP's window, 4 MiB / (2 lat), in LV08 times .97. Cross traffic: each
// flow's acknowledgements take 5 % of its rate on the way back, so it slows a flow down only where
// both directions use the same link.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel::sim {

struct simgrid_platform {
    struct host {
        std::string name;
        double flops = 1e9;
    };
    /// Shared by all flows that cross it, in both directions.
    struct link {
        std::string name;
        double bandwidth = 0;
        duration latency{};
    };
    /// Used in both directions. A host reaches itself without one, at 10 GB/s and no latency.
    struct route {
        std::string from, to;
        std::vector<std::string> links;
    };

    std::string file; ///< a SimGrid XML; where it is given, hosts, links and routes are empty
    std::vector<host> hosts;
    std::vector<link> links;
    std::vector<route> routes;

    std::string model = "LV08"; ///< or "CM02"
    bool cross_traffic = true;
    /// Messages of at most this many bytes take their time alone and leave the others alone; larger
    /// ones are flows that share links. A flow costs more real time the more are in flight (on one
    /// link 2 us at 10, 20 us at 100, 200 us at 1,000), and below 64 KiB sharing hardly shows.
    std::uint64_t flow_threshold = 65536;

    std::vector<std::string> placement; ///< node_id -> host

    /// Throws std::invalid_argument naming what, the value found and the rule.
    void validate() const;
};

} // namespace windtunnel::sim
