// SPDX-License-Identifier: BSL-1.0
#include "cli/sweep_report.hpp"

#include <unistd.h>

#include <set>
#include <string>

#include "cli/terminal.hpp"

namespace windtunnel::cli {

namespace {

std::string in_form(sweep_form form, const scenario::sweep_plan& plan,
                    const scenario::sweep_outcome& outcome) {
    switch (form) {
    case sweep_form::text:
        return sweep_text(plan, outcome);
    case sweep_form::csv:
        return sweep_csv(plan, outcome);
    case sweep_form::json:
        return sweep_json(plan, outcome);
    case sweep_form::picture:
        return sweep_picture(plan, outcome);
    }
    return "";
}

} // namespace

bool report_sweep(const sweep_settings& settings, std::vector<sweep_target>& targets,
                  const scenario::sweep_plan& plan, const scenario::sweep_outcome& outcome) {
    std::set<sweep_form> printed;
    const auto print_once = [&](sweep_form form, const std::string& text) {
        if (printed.insert(form).second)
            print(text);
    };
    if (!settings.quiet && settings.format == sweep_form::text)
        print_once(sweep_form::text, sweep_text(plan, outcome,
                                                {scenario::summary_size::compact,
                                                 colours_wanted(STDOUT_FILENO, settings.no_color),
                                                 width_of(STDOUT_FILENO)}));
    else if (!settings.quiet)
        print_once(settings.format, in_form(settings.format, plan, outcome));
    bool written = true;
    for (sweep_target& each : targets) {
        if (each.file.write(in_form(each.form, plan, outcome)))
            continue;
        written = false;
        // A picture can be drawn again from its figures.
        const sweep_form form = each.form == sweep_form::picture ? sweep_form::csv : each.form;
        print_once(form, in_form(form, plan, outcome));
    }
    return written && !stdout_failed();
}

} // namespace windtunnel::cli
