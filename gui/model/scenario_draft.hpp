// SPDX-License-Identifier: BSL-1.0
// A scenario that is changed while it is looked at: faults that are added, values that are put at
// a place. It is always a sound document, and what is saved of it is what the command line reads:
// variant and topology are written into it, so it needs no other file but a platform's. Each change
// can be undone. Errors: topology::input_error; then nothing has changed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gui/model/wanted_fault.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/overrides.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::gui {

/// A field of a kind of fault, for a form.
struct fault_field {
    std::string key, help;
    std::string kind;    ///< in words: "duration"
    std::string initial; ///< a value to begin with; empty: the default, said in `help`
    bool required = false;
};
struct fault_form {
    std::string key, meaning;
    bool on_edge = false, has_target = true;
    std::vector<fault_field> fields; ///< besides the target
};
/// Every kind that scenarios know, from their own table.
std::vector<fault_form> fault_forms();

class scenario_draft {
  public:
    /// What `options` make of the file; what it names is relative to `folder`.
    scenario_draft(const topology::document& file, std::filesystem::path folder, std::string name,
                   const scenario::load_options& options = {});
    static scenario_draft load(const std::filesystem::path& path,
                               const scenario::load_options& options = {});

    void add(const wanted_fault& fault);
    /// A path as of `windtunnel run -D`: "workload.readers.arrivals.rate".
    void set(const std::string& path, const std::string& value);

    bool can_undo() const { return now_ > 0; }
    bool can_redo() const { return now_ + 1 < states_.size(); }
    void undo();
    void redo();
    std::size_t acts() const { return now_; } ///< that are in it

    scenario::scenario_spec spec() const;
    std::string text() const; ///< JSON
    /// Throws std::runtime_error naming the file where it cannot be written.
    void save(const std::filesystem::path& to) const;

  private:
    void become(topology::document next);

    std::filesystem::path folder_;
    std::string name_;
    std::vector<topology::document> states_; ///< as read, then after each act
    std::size_t now_ = 0;
};

} // namespace windtunnel::gui
