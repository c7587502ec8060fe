// SPDX-License-Identifier: BSL-1.0
#include "gui/app/application.hpp"

#include <cstdio>
#include <fmt/format.h>

#include "gui/app/window.hpp"
#include "gui/model/workbench.hpp"
#include "gui/panels/keys.hpp"
#include "gui/panels/workspace.hpp"
#include "scenarios/src/loader.hpp"
#include "scenarios/src/platform_check.hpp"
#include "scenarios/src/replications.hpp"
#include "scenarios/src/warm_up.hpp"

namespace windtunnel::gui {

namespace {

/// Recording changes nothing but what is recorded.
void record_some_traces(scenario::scenario_spec& spec) {
    if (spec.tracing)
        return;
    spec.tracing.emplace();
    spec.tracing->slowest = 2;
    spec.tracing->errors = 30;
    spec.tracing->sample = 50;
}

void prepare(scenario::scenario_spec& spec) {
    if (spec.finds_warmup)
        spec = with_warm_up(spec, find_warm_up(spec, {.seed = spec.seed}));
    record_some_traces(spec);
}

void report(const std::vector<std::string>& found) {
    for (const std::string& what : found)
        fmt::print(stderr, "{}\n", what);
    if (!found.empty())
        throw hard_to_read(fmt::format("{} texts are hard to read", found.size()));
}

void take_picture(const arguments& a, session& run, window& to, const theme& look) {
    run.run_until(a.at ? *a.at : duration::max());
    workspace panels;
    panels.show(a.panel);
    picture p;
    constexpr int frames = 3; // ImGui settles sizes in its first frames
    for (int i = 0; i < frames; ++i)
        p = to.take_picture([&] { panels.draw(run, look); });
    write_png(p, *a.screenshot);
    if (a.check)
        report(complaints(look.items(),
                          {0, 0, static_cast<float>(p.width), static_cast<float>(p.height)}));
}

void draw_frame(workbench& bench, workspace& panels, window& to, const theme& look) {
    const session& run = bench.run();
    const key_actions keys = read_keys(run.speed(), run.view().now);
    for (const command& c : keys.session)
        bench.apply(c);
    for (const view_act act : keys.view)
        for (const command& c : panels.act(act, run.view()))
            bench.apply(c);
    if (keys.quit && !panels.close_form())
        to.close();
    panels.tell(bench.last());
    for (const command& c : panels.draw(run, look))
        bench.apply(c);
}

void show(workbench& bench, window& to, const theme& look) {
    workspace panels;
    session& run = bench.run();
    while (!to.closed()) {
        run.frame(to.elapsed());
        to.frame([&] { draw_frame(bench, panels, to, look); }, !run.playing() && !run.seeking());
    }
}

} // namespace

void run_application(const arguments& a) {
    const scenario::load_options how{.variant = a.variant, .seed = a.seed};
    const scenario::scenario_spec spec = scenario::load_scenario(a.scenario, how);
    check_buildable(spec); // may fork, so before the window brings threads
    workbench bench(scenario_draft::load(a.scenario, how), acts_file(a.scenario), prepare);
    session& run = bench.run();
    const std::string title = spec.name;
    window to({.title = title + " - Windtunnel",
               .width = a.width,
               .height = a.height,
               .visible = !a.screenshot,
               .pointer = a.pointer});
    const theme look(a.scale        ? *a.scale
                     : a.screenshot ? 1.F
                                    : to.monitor_scale(),
                     a.light ? light_palette : dark_palette);
    if (a.screenshot)
        take_picture(a, run, to, look);
    else
        show(bench, to, look);
}

} // namespace windtunnel::gui
