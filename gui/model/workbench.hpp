// SPDX-License-Identifier: BSL-1.0
// A session of a scenario that the user changes while it runs. Each act is a change of the
// scenario's document; the run is then simulated again up to the moment where it was, so what goes
// on is exactly the run of that document, and the command line has the same of the saved one. What
// an act says wrongly changes nothing and is told.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "gui/model/scenario_draft.hpp"
#include "gui/model/session.hpp"

namespace windtunnel::gui {

/// What came of the last act; empty: there was none.
struct notice {
    std::string text;
    bool wrong = false;
};

class workbench {
  public:
    /// What a spec needs before it runs: a warm-up that is found, traces to be recorded.
    using preparation = std::function<void(scenario::scenario_spec&)>;

    /// `saves_to`: where `save` writes. Throws topology::input_error.
    workbench(scenario_draft draft, std::filesystem::path saves_to, preparation prepare = {});

    session& run() { return *run_; }
    const session& run() const { return *run_; }
    const scenario_draft& draft() const { return draft_; }
    const notice& last() const { return last_; }

    /// Acts are done here, the rest by the session.
    void apply(const command& c);

  private:
    scenario::scenario_spec prepared() const;
    void change(const command& c);
    void take_over();
    void save();

    scenario_draft draft_;
    std::filesystem::path saves_to_;
    preparation prepare_;
    std::unique_ptr<session> run_;
    notice last_;
};

/// Of "a/b.json" "a/b.acts.json".
std::filesystem::path acts_file(const std::filesystem::path& scenario);

} // namespace windtunnel::gui
