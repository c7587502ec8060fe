// SPDX-License-Identifier: BSL-1.0
#include <cstdio>
#include <exception>
#include <fmt/format.h>

#include "gui/app/application.hpp"
#include "gui/app/window.hpp"
#include "topologies/src/diagnostic.hpp"

int main(int argc, char** argv) {
    try {
        windtunnel::gui::run_application(windtunnel::gui::parse_arguments(argc, argv));
        return 0;
    } catch (const windtunnel::gui::no_run& asked) {
        fmt::print(asked.exit_code == 0 ? stdout : stderr, "{}", asked.text);
        return asked.exit_code;
    } catch (const windtunnel::topology::input_error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    } catch (const windtunnel::gui::no_display& error) {
        fmt::print(stderr, "windtunnel-gui: {}\n", error.what());
        return 69;
    } catch (const windtunnel::gui::hard_to_read& error) {
        fmt::print(stderr, "windtunnel-gui: {}\n", error.what());
        return 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "windtunnel-gui: {}\n", error.what());
        return 70;
    }
}
