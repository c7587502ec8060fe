// SPDX-License-Identifier: BSL-1.0
// windtunnel: the command line. What it can do is in the files that are named after the verbs.
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/program.hpp"
#include "cli/signals.hpp"
#include "patterns/base/assert.hpp"
#include "scenarios/src/version.hpp"

namespace {

using namespace windtunnel;

void say_how_to_report() noexcept {
    cli::complain(std::string("this is a fault in windtunnel ") + scenario::version +
                  ", not in your files. Please report it with this line, the command and the "
                  "files; the same seed brings it back.");
}

int bug(const char* what) {
    cli::complain(std::string("bug: ") + what);
    say_how_to_report();
    return cli::exit_bug;
}

} // namespace

int main(int argc, char** argv) {
    set_bug_handler(say_how_to_report);
    std::set_terminate([] {
        say_how_to_report();
        std::_Exit(cli::exit_bug);
    });
    cli::ignore_closed_pipes();
    try {
        const int code = cli::run_program(std::vector<std::string>(argv + 1, argv + argc));
        return code == 0 && cli::stdout_failed() ? cli::exit_not_written : code;
    } catch (const std::bad_alloc&) {
        cli::complain("out of memory");
        return cli::exit_bug;
    } catch (const std::exception& error) {
        return bug(error.what());
    }
}
