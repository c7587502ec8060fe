// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "scenarios/src/reports/formats.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

std::string options_of(const CLI::App& app) {
    std::string words;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            words += (words.empty() ? "--" : " --") + name;
    return words;
}

std::string format_names() {
    std::string words;
    for (const auto& format : scenario::report_formats())
        words += fmt::format("{}{}", words.empty() ? "" : " ", format.name);
    return words;
}

std::string bash_script(const CLI::App& program) {
    std::string verbs, cases;
    for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; })) {
        verbs += (verbs.empty() ? "" : " ") + verb->get_name();
        cases += fmt::format("    {}) words='{}' ;;\n", verb->get_name(), options_of(*verb));
    }
    return fmt::format(R"(# bash completion of windtunnel: source <(windtunnel completion bash)
_windtunnel() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} words
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W '{} {}' -- "$word"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{}    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    elif [[ ${{COMP_WORDS[1]}} == list ]]; then
        words='scenarios topologies faults distributions arrivals policies metrics'
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    elif [[ ${{COMP_WORDS[1]}} == schema ]]; then
        COMPREPLY=($(compgen -W 'topology scenario result sweep' -- "$word"))
    elif [[ ${{COMP_WORDS[COMP_CWORD-1]}} == --format ]]; then
        COMPREPLY=($(compgen -W '{}' -- "$word"))
    elif [[ ${{COMP_WORDS[COMP_CWORD-1]}} == --from ]]; then
        COMPREPLY=($(compgen -W 'resilience4j grpc envoy istio' -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -F _windtunnel windtunnel
)",
                       verbs, options_of(program), cases, format_names());
}

} // namespace

verb add_completion(CLI::App& program) {
    auto* app =
        program.add_subcommand("completion", "Prints what a shell needs to complete words.");
    app->footer("  source <(windtunnel completion bash)");
    const auto shell = std::make_shared<std::string>();
    app->add_option("SHELL", *shell, "bash")->required()->type_name("SHELL");
    return {app, [shell, &program] {
                if (*shell != "bash")
                    throw usage_error(fmt::format("completion: there is one for bash, not for {}",
                                                  topology::in_quotes(*shell)));
                return print(bash_script(program)) ? 0 : exit_not_written;
            }};
}

} // namespace windtunnel::cli
