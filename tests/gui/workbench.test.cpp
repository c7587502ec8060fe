// SPDX-License-Identifier: BSL-1.0
// Acts: what a user does while a scenario runs becomes a part of it.
#include "gui/model/workbench.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <unistd.h>

#include "gui/screen.hpp"
#include "gui/support.hpp"
#include "scenarios/src/archive.hpp"
#include "scenarios/src/faults/fault_table.hpp"

namespace windtunnel::gui {

using namespace std::chrono_literals;

namespace {

class saved_file {
  public:
    saved_file()
        : path_(std::filesystem::temp_directory_path() /
                ("windtunnel-acts-" + std::to_string(getpid()) + ".json")) {}
    ~saved_file() { std::filesystem::remove(path_); }
    saved_file(const saved_file&) = delete;
    saved_file& operator=(const saved_file&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

scenario_draft shop_draft() {
    // The name that the saved file gives the scenario, if it says none.
    return {topology::document::parse(shop, "shop.json"), ".",
            "windtunnel-acts-" + std::to_string(getpid())};
}

command inject(const std::string& kind, const std::string& target, duration at,
               std::vector<std::pair<std::string, std::string>> values) {
    command c{command::kind::inject};
    c.fault = {kind, target, at, "2s", std::move(values)};
    return c;
}

command set(const std::string& path, const std::string& text) {
    command c{command::kind::set_value};
    c.path = path;
    c.text = text;
    return c;
}

void settle(session& s) {
    while (s.seeking())
        s.frame(16ms);
}

std::string run_of_file(const std::filesystem::path& file) {
    const scenario::scenario_spec spec = scenario::load_scenario(file);
    scenario::scenario_run run(spec, spec.seed);
    run.run_to_end();
    return scenario::to_archive(run.result());
}

} // namespace

TEST_CASE("there is a form for every kind of fault that scenarios know") {
    const std::vector<fault_form> forms = fault_forms();
    REQUIRE(forms.size() == scenario::fault_rows().size());
    for (std::size_t i = 0; i < forms.size(); ++i)
        CHECK(forms[i].key == scenario::fault_rows()[i].key);
    CHECK(forms[0].key == "latency");
    CHECK(forms[0].fields[0].key == "add");
    CHECK(forms[0].fields[0].required);
    CHECK(forms[0].has_target);
}

TEST_CASE("what a user did is saved, and the saved file runs to the same result, byte for byte") {
    const saved_file file;
    workbench bench(shop_draft(), file.path());
    bench.run().run_until(2s);
    bench.apply(inject("latency", "web->cart", 2s, {{"add", "30ms"}, {"share", "50%"}}));
    INFO(bench.last().text);
    REQUIRE_FALSE(bench.last().wrong);
    settle(bench.run());
    CHECK(bench.run().view().now == 2s);
    bench.run().run_until(5s);
    bench.apply(set("workload.readers.arrivals.rate", "300/s"));
    REQUIRE_FALSE(bench.last().wrong);
    settle(bench.run());
    bench.apply(set("/topology/services/web/endpoints/GET ~1/steps/1/timeout", "50ms"));
    REQUIRE_FALSE(bench.last().wrong);
    settle(bench.run());
    bench.run().run_until(6s);
    bench.apply(inject("crash", "cart", 6s, {}));
    REQUIRE_FALSE(bench.last().wrong);
    bench.run().run_until(1h);
    bench.apply({command::kind::save});
    INFO(bench.last().text);
    REQUIRE_FALSE(bench.last().wrong);
    const std::string expected = scenario::to_archive(bench.run().run().result());
    CHECK((expected == run_of_file(file.path())));
    CHECK(bench.draft().acts() == 4);
}

TEST_CASE("a fault that begins now does not change what was before") {
    workbench bench(shop_draft(), "unused.json");
    bench.run().run_until(3s);
    const std::uint64_t over = bench.run().view().requests;
    bench.apply(inject("errors", "cart", 3s, {{"share", "100%"}}));
    settle(bench.run());
    CHECK(bench.run().view().now == 3s);
    CHECK(bench.run().view().requests == over);
    bench.run().run_until(3500ms); // before the scenario's own fault
    CHECK(bench.run().view().faults_on == std::vector<std::string>{"errors on cart"});
}

TEST_CASE("an act that makes no sense is told, and changes nothing") {
    workbench bench(shop_draft(), "unused.json");
    bench.run().run_until(3s);
    const std::string before = bench.draft().text();
    bench.apply(inject("latency", "cartt", 3s, {{"add", "1s"}}));
    CHECK(bench.last().wrong);
    CHECK_THAT(bench.last().text, Catch::Matchers::Contains("cartt"));
    bench.apply(inject("latency", "cart", 3s, {{"add", "soon"}}));
    CHECK(bench.last().wrong);
    bench.apply(set("durationn", "5s"));
    CHECK(bench.last().wrong);
    CHECK_THAT(bench.last().text, Catch::Matchers::Contains("durationn"));
    CHECK(bench.draft().text() == before);
    CHECK(bench.run().view().now == 3s);
    CHECK_FALSE(bench.draft().can_undo());
}

TEST_CASE("acts are undone and redone") {
    workbench bench(shop_draft(), "unused.json");
    const std::string before = bench.draft().text();
    bench.apply(inject("pause", "cart", 2s, {}));
    const std::string after = bench.draft().text();
    CHECK(bench.run().spec().faults.size() == 2);
    bench.apply({command::kind::undo});
    CHECK(bench.draft().text() == before);
    CHECK(bench.run().spec().faults.size() == 1);
    bench.apply({command::kind::redo});
    CHECK(bench.draft().text() == after);
    bench.apply({command::kind::undo});
    bench.apply(inject("crash", "cart", 2s, {}));
    CHECK_FALSE(bench.draft().can_redo());
}

TEST_CASE("two faults of one kind at one place have names of their own") {
    workbench bench(shop_draft(), "unused.json");
    bench.apply(inject("pause", "cart", 2s, {}));
    bench.apply(inject("pause", "cart", 7s, {}));
    REQUIRE(bench.run().spec().faults.size() == 3);
    CHECK(bench.run().spec().faults[1].name == "pause on cart");
    CHECK(bench.run().spec().faults[2].name == "pause on cart 2");
}

TEST_CASE("the form asks for the fault that it shows, by mouse and by key") {
    session s(spec_of(shop), 1);
    s.run_until(3s);
    workspace panels;
    screen display(1600, 1000);
    for (int i = 0; i < 4; ++i)
        display.type(panels, s, 'n'); // readers, buyers, web, cart
    display.type(panels, s, 'i');
    CHECK(panels.form().open());
    display.frame(panels, s);
    display.click(panels, s, "kind crash");
    CHECK(panels.form().form().key == "crash");
    const commands asked = display.click(panels, s, "inject");
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].what == command::kind::inject);
    CHECK(asked[0].fault.kind == "crash");
    CHECK(asked[0].fault.target == "cart");
    CHECK(asked[0].fault.at == 3s);
    CHECK_FALSE(panels.form().open());

    display.type(panels, s, 'i');
    ImGui::GetIO().KeysDown[ImGuiKey_DownArrow] = true;
    display.frame(panels, s);
    CHECK(panels.form().form().key == "crash_loop"); // the next of the table
    ImGui::GetIO().KeysDown[ImGuiKey_DownArrow] = false;
    ImGui::GetIO().KeysDown[ImGuiKey_Enter] = true;
    const commands typed = display.frame(panels, s);
    REQUIRE(typed.size() == 1);
    CHECK(typed[0].fault.kind == "crash_loop");
    CHECK(typed[0].fault.values.at(0) == std::pair<std::string, std::string>{"up", "1s"});
}

TEST_CASE("the form can be read, for every kind of fault") {
    session s(spec_of(shop), 1);
    const bool light = GENERATE(false, true);
    workspace panels;
    screen display(1280, 720, light ? light_palette : dark_palette);
    display.type(panels, s, 'i');
    display.frame(panels, s);
    for (const fault_form& form : fault_forms()) {
        display.click(panels, s, "kind " + form.key);
        display.frame(panels, s);
        INFO(form.key);
        CHECK(display.complaints() == std::vector<std::string>{});
    }
}

} // namespace windtunnel::gui
