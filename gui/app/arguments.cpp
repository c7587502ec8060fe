// SPDX-License-Identifier: BSL-1.0
#include "gui/app/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>

#include "topologies/src/quantity.hpp"

namespace windtunnel::gui {

namespace {

constexpr int smallest = 480, largest = 16384;

std::optional<int> pixels(std::string_view text, int least) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least ||
        value > largest)
        return std::nullopt;
    return value;
}

void read_size(const std::string& text, arguments& to) {
    const auto x = text.find('x');
    const auto width = pixels(std::string_view(text).substr(0, x), smallest);
    const auto height = x == std::string::npos
                            ? std::nullopt
                            : pixels(std::string_view(text).substr(x + 1), smallest);
    if (!width || !height)
        throw CLI::ValidationError("--size",
                                   "expected WxH in pixels, each from " + std::to_string(smallest) +
                                       " to " + std::to_string(largest) + ", not \"" + text + "\"");
    to.width = *width;
    to.height = *height;
}

void read_pointer(const std::string& text, arguments& to) {
    const auto comma = text.find(',');
    const auto x = pixels(std::string_view(text).substr(0, comma), 0);
    const auto y = comma == std::string::npos ? std::nullopt
                                              : pixels(std::string_view(text).substr(comma + 1), 0);
    if (!x || !y)
        throw CLI::ValidationError("--pointer", "expected X,Y in pixels, not \"" + text + "\"");
    to.pointer = {*x, *y};
}

void read_time(const std::string& text, arguments& to) {
    try {
        to.at = topology::parse_duration(text);
    } catch (const topology::bad_quantity& error) {
        throw CLI::ValidationError("--at", error.what());
    }
}

void read_panel(const std::string& text, arguments& to) {
    const auto found = std::find(panel_names.begin(), panel_names.end(), text);
    if (found == panel_names.end()) {
        std::string all;
        for (const std::string_view name : panel_names)
            all += (all.empty() ? "" : ", ") + std::string(name);
        throw CLI::ValidationError("--panel", "expected one of " + all + ", not \"" + text + "\"");
    }
    to.panel = static_cast<panel_choice>(found - panel_names.begin());
}

void read_theme(const std::string& text, arguments& to) {
    if (text != "dark" && text != "light")
        throw CLI::ValidationError("--theme", "expected dark or light, not \"" + text + "\"");
    to.light = text == "light";
}

void declare(CLI::App& app, arguments& a) {
    app.add_option("SCENARIO", a.scenario, "A scenario file")->required();
    app.add_option("--variant", a.variant, "One of the scenario's variants");
    app.add_option("--seed", a.seed, "Instead of the scenario's own");
    auto* picture = app.add_option("--screenshot", a.screenshot,
                                   "Write a picture (PNG) of the window and exit; shows no window");
    app.add_option_function<std::string>(
           "--at", [&a](const std::string& text) { read_time(text, a); },
           "When in the run the picture is taken, \"45s\"; else at its end")
        ->needs(picture);
    app.add_option_function<std::string>(
           "--pointer", [&a](const std::string& text) { read_pointer(text, a); },
           "X,Y of the mouse in the picture, which tells the figures of what is there")
        ->needs(picture);
    app.add_option_function<std::string>(
        "--size", [&a](const std::string& text) { read_size(text, a); },
        "WxH of the window in pixels (1600x1000)");
    app.add_option_function<std::string>(
        "--panel", [&a](const std::string& text) { read_panel(text, a); },
        "Which panel is shown: all, topology, expectations, latency, requests or traces");
    app.add_option_function<std::string>(
        "--theme", [&a](const std::string& text) { read_theme(text, a); },
        "Colours for a dark or a light ground (dark)");
    app.add_flag("--check", a.check,
                 "Exit 1 where a text of the picture overlaps another, is cut off or has a "
                 "contrast below 4.5:1")
        ->needs(picture);
    app.add_option("--scale", a.scale, "Size of text and lines; else the monitor's")
        ->check(CLI::Range(0.5, 4.0));
}

} // namespace

arguments parse_arguments(int argc, const char* const* argv) {
    arguments a;
    CLI::App app("Watch a scenario run, on virtual time.", "windtunnel-gui");
    declare(app, a);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream out, err;
        const bool asked = app.exit(error, out, err) == 0;
        throw no_run{asked ? 0 : 2, asked ? out.str() : err.str()};
    }
    return a;
}

} // namespace windtunnel::gui
