// SPDX-License-Identifier: BSL-1.0
#include "cli/program.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/version.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

constexpr const char* examples =
    "  windtunnel new shop                          a scenario and a topology to begin with\n"
    "  windtunnel run shop.json                     run it: 0 passed, 1 failed\n"
    "  windtunnel run shop.json --replications 20   the same with 20 seeds\n"
    "  windtunnel sweep shop.json -P load=50/s..400/s:50/s   the same over a range\n"
    "  windtunnel explain shop.json                 why it went as it did\n"
    "  windtunnel gui shop.json                     watch it\n"
    "  windtunnel list scenarios                    what is there to try";

int complain_and_exit(const std::string& message, int code) {
    complain(message);
    return code;
}

const CLI::App* chosen_verb(const CLI::App& program) {
    const auto chosen = program.get_subcommands();
    return chosen.empty() ? nullptr : chosen.front();
}

/// The library's words, but for those that do not say what to do.
std::string said(const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto mark = text.find(": At Most 1 required");
    return mark == std::string::npos ? text
                                     : text.substr(0, mark) + " is given more than once: leave one";
}

/// Help and version are what was asked for; everything else is wrong use.
int answer(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
        const CLI::App* verb = chosen_verb(program);
        return complain_and_exit(verb == nullptr
                                     ? fmt::format("{} (see windtunnel --help)", said(error))
                                     : fmt::format("{0}: {1} (see windtunnel {0} --help)",
                                                   verb->get_name(), said(error)),
                                 exit_usage);
    }
    if (dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr)
        return print(fmt::format("{}\n", error.what())) ? 0 : exit_not_written;
    const CLI::App* asked = chosen_verb(program);
    const std::string text = asked == nullptr ? program.help() : asked->help(program.get_name());
    return print(text) ? 0 : exit_not_written;
}

int run_verb(CLI::App& program, const std::vector<verb>& verbs,
             const std::vector<std::string>& words) {
    check_words(program, words);
    try {
        program.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& error) {
        return answer(program, error);
    }
    const auto chosen =
        std::find_if(verbs.begin(), verbs.end(), [](const verb& v) { return v.app->parsed(); });
    return chosen->run();
}

/// What did not happen because of bad input.
std::string_view what_was_not_done(const CLI::App& program) {
    const CLI::App* verb = chosen_verb(program);
    return verb != nullptr && verb->get_name() == "import-policies" ? "written" : "run";
}

} // namespace

int run_program(const std::vector<std::string>& words) {
    CLI::App program{"Puts a microservice architecture in a wind tunnel: the software is real, the "
                     "weather is simulated.",
                     "windtunnel"};
    format_help(program);
    program.footer(examples);
    program.set_version_flag("--version", fmt::format("windtunnel {}", scenario::version),
                             "the version");
    program.require_subcommand(1);
    const std::vector<verb> verbs{
        add_run(program),     add_sweep(program),           add_compare(program),
        add_explain(program), add_validate(program),        add_list(program),
        add_new(program),     add_import_policies(program), add_gui(program),
        add_schema(program),  add_completion(program)};
    for (const verb& each : verbs)
        each.app->group("Verbs");
    if (words.empty()) {
        complain("what shall it do? for example:\n\n" + std::string(examples) +
                 "\n\nwindtunnel --help tells more");
        return exit_usage;
    }
    try {
        return run_verb(program, verbs, words);
    } catch (const usage_error& error) {
        return complain_and_exit(error.what(), exit_usage);
    } catch (const topology::input_error& error) {
        complain(fmt::format("invalid input, nothing was {}\n{}", what_was_not_done(program),
                             error.what()));
        return exit_usage;
    }
}

} // namespace windtunnel::cli
