// SPDX-License-Identifier: BSL-1.0
// What a user asks for: panels and keys return these, and the session does them, or the workbench
// around it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gui/model/wanted_fault.hpp"
#include "patterns/base/time.hpp"

namespace windtunnel::gui {

struct command {
    enum class kind : std::uint8_t {
        play_or_pause,
        set_speed,  ///< `value` times real time
        step_event, ///< one event
        step_time,  ///< `time` further
        seek,       ///< to `time` of the run; back means from the beginning
        seek_event, ///< to the state after `event` events of the run
        step_back,  ///< to the event before
        peek,       ///< the recorded picture of `time`, until anything else is asked for
        restart,
        // Acts, which become part of the scenario:
        inject,    ///< `fault`
        set_value, ///< `text` at `path`, as of `windtunnel run -D`
        undo,
        redo,
        save,
    };
    kind what{};
    double value = 0;
    duration time{};
    std::uint64_t event = 0;
    wanted_fault fault{};
    std::string path{}, text{};
};

using commands = std::vector<command>;

} // namespace windtunnel::gui
