// SPDX-License-Identifier: BSL-1.0
#include "gui/model/workbench.hpp"

#include <exception>
#include <fmt/format.h>
#include <utility>

#include "topologies/src/diagnostic.hpp"

namespace windtunnel::gui {

workbench::workbench(scenario_draft draft, std::filesystem::path saves_to, preparation prepare)
    : draft_(std::move(draft)), saves_to_(std::move(saves_to)), prepare_(std::move(prepare)) {
    scenario::scenario_spec spec = prepared();
    const std::uint64_t seed = spec.seed;
    run_ = std::make_unique<session>(std::move(spec), seed);
}

scenario::scenario_spec workbench::prepared() const {
    scenario::scenario_spec spec = draft_.spec();
    if (prepare_)
        prepare_(spec);
    return spec;
}

void workbench::take_over() {
    run_->become(prepared());
    last_ = {fmt::format("{} {} in the scenario, not saved", draft_.acts(),
                         draft_.acts() == 1 ? "act" : "acts"),
             false};
}

/// A draft that cannot run is put back.
void workbench::change(const command& c) {
    const scenario_draft before = draft_;
    try {
        if (c.what == command::kind::inject)
            draft_.add(c.fault);
        else if (c.what == command::kind::set_value)
            draft_.set(c.path, c.text);
        else if (c.what == command::kind::undo)
            draft_.undo();
        else
            draft_.redo();
        take_over();
    } catch (const topology::input_error& error) {
        draft_ = before;
        last_ = {error.what(), true};
    }
}

void workbench::save() {
    try {
        draft_.save(saves_to_);
        last_ = {"saved to " + saves_to_.string(), false};
    } catch (const std::exception& error) {
        last_ = {error.what(), true};
    }
}

void workbench::apply(const command& c) {
    switch (c.what) {
    case command::kind::undo:
        if (draft_.can_undo())
            change(c);
        break;
    case command::kind::redo:
        if (draft_.can_redo())
            change(c);
        break;
    case command::kind::inject:
    case command::kind::set_value:
        if (run_->can_restart())
            change(c);
        else
            last_ = {"a run on a platform cannot be changed in this window", true};
        break;
    case command::kind::save:
        save();
        break;
    default:
        run_->apply(c);
    }
}

std::filesystem::path acts_file(const std::filesystem::path& scenario) {
    std::filesystem::path made = scenario;
    return made.replace_extension(".acts.json");
}

} // namespace windtunnel::gui
