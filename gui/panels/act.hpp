// SPDX-License-Identifier: BSL-1.0
// A form in which a user says what goes wrong, where and how long; of every kind of fault that
// scenarios know. Below, a value that is put at a place of the scenario: a load, a timeout, a
// retry. Enter does it, escape closes.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "gui/model/command.hpp"
#include "gui/model/scenario_draft.hpp"
#include "gui/widgets/drawing.hpp"

namespace windtunnel::gui {

class act_panel {
  public:
    act_panel() : forms_(fault_forms()) {}

    bool open() const { return open_; }
    void show(const std::string& target);
    void close() { open_ = false; }
    /// In the middle of `room`; `now` is when the fault will begin.
    void draw(duration now, const theme& look, const box& room, commands& out);

    const fault_form& form() const { return forms_[kind_]; }

  private:
    using input = std::array<char, 200>;

    void choose_kind(std::size_t kind);
    void draw_kinds(const theme& look, float width);
    void draw_fields(const theme& look);
    void draw_field(const theme& look, const std::string& name, const std::string& help,
                    input& value);
    void draw_value(const theme& look, commands& out);
    void read_keys(duration now, commands& out);
    command wanted(duration now) const;

    std::vector<fault_form> forms_;
    std::size_t kind_ = 0;
    bool open_ = false;
    input target_{}, length_{}, path_{}, value_{};
    std::vector<input> values_; ///< of the kind's fields
};

} // namespace windtunnel::gui
