// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <imgui.h>
#include <optional>

#include "bench/benchmark.hpp"
#include "gui/panels/workspace.hpp"
#include "scenarios/src/loader.hpp"
#include "topologies/src/document.hpp"

namespace windtunnel::bench {

namespace {

using namespace std::chrono_literals;

constexpr int calls = 5, layers = 6;

/// Each service calls five of the next layer with a chance of 20 % each, so a request asks few of
/// them and there are about four edges a service.
std::string scenario_text(int services) {
    std::string text = R"json({"topology": {"name": "large", "services": {)json";
    const int width = services / layers;
    for (int i = 0; i < services; ++i) {
        std::string steps;
        const int next = (i / width + 1) * width; // the first of the next layer
        for (int c = 0; c < calls && next + width <= services; ++c)
            steps += fmt::format(
                R"json({}{{"probability": "20%", "do": [{{"call": "s{}.GET /"}}]}})json",
                steps.empty() ? "" : ",", next + (i + c) % width);
        text += fmt::format(R"json({}"s{}": {{"workers": 4, "endpoints": {{"GET /":
                            {{"work": "exponential(mean=1ms)", "steps": [{}]}}}}}})json",
                            i == 0 ? "" : ",", i, steps);
    }
    text += R"json(}}, "warmup": "1s", "duration": "600s", "workload": [)json";
    for (int w = 0; w < 7; ++w)
        text += fmt::format(
            R"json({}{{"name": "w{}", "to": "s{}.GET /", "arrivals": "poisson(20/s)"}})json",
            w == 0 ? "" : ",", w, w);
    return text + "]}";
}

double cpu_ms() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

/// ImGui without a window, as wide as a large screen.
class context {
  public:
    context() {
        ImGui::CreateContext();
        ImGuiIO& io = ImGui::GetIO();
        io.IniFilename = nullptr;
        io.DisplaySize = {2560, 1440};
        io.DeltaTime = 1 / 60.F;
        io.BackendFlags |= ImGuiBackendFlags_RendererHasVtxOffset; // as OpenGL 3.2 has
        look_.emplace(1.F);
        unsigned char* pixels = nullptr;
        int w = 0, h = 0;
        io.Fonts->GetTexDataAsRGBA32(&pixels, &w, &h);
    }
    ~context() {
        look_.reset();
        ImGui::DestroyContext();
    }
    context(const context&) = delete;
    context& operator=(const context&) = delete;
    const gui::theme& look() const { return *look_; }

  private:
    std::optional<gui::theme> look_;
};

struct frame_cost {
    double mean = 0, p99 = 0; ///< milliseconds of CPU
    double edges = 0;
};

/// What a frame takes besides simulating: the snapshot, where it is due, and all panels.
frame_cost cost_of(int services) {
    const auto file = topology::document::parse(scenario_text(services), "large.json");
    gui::session run(scenario::parse_scenario(file, ".", "large"), 1);
    const context screen;
    gui::workspace panels;
    run.run_until(2s);
    run.apply({gui::command::kind::play_or_pause});
    std::vector<double> costs;
    for (int i = 0; i < 300; ++i) {
        const double begin = cpu_ms();
        run.frame(16ms, 1ns); // one slice, and the snapshot
        ImGui::NewFrame();
        panels.draw(run, screen.look());
        ImGui::Render();
        costs.push_back(cpu_ms() - begin);
    }
    costs.erase(costs.begin(), costs.begin() + 20);
    frame_cost made{0, 0, static_cast<double>(run.view().topology.edges.size())};
    for (const double c : costs)
        made.mean += c / static_cast<double>(costs.size());
    std::sort(costs.begin(), costs.end());
    made.p99 = costs[costs.size() * 99 / 100];
    return made;
}

} // namespace

/// The limit is 4 ms a frame; the ratio of the last is to what a service costs among fifty.
std::vector<measurement> window() {
    constexpr double limit = 4;
    const frame_cost few = cost_of(50), many = cost_of(500);
    return {{"gui.frame", many.mean, "ms CPU at 500 services", many.mean / limit},
            {"gui.frame.p99", many.p99, "ms CPU at 500 services", many.p99 / limit},
            {"gui.edges", many.edges, "edges", 1},
            {"gui.service", many.mean / 500 * 1e3, "us CPU a service and frame",
             (many.mean / 500) / (few.mean / 50)}};
}

} // namespace windtunnel::bench
