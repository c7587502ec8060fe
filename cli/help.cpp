// SPDX-License-Identifier: BSL-1.0
#include "cli/help.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>

#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::cli {

namespace {

class examples_first : public CLI::Formatter {
  public:
    examples_first() { column_width(26); }

    std::string make_help(const CLI::App* app, std::string name,
                          CLI::AppFormatMode mode) const override {
        if (mode == CLI::AppFormatMode::Sub)
            return make_expanded(app);
        std::ostringstream out;
        out << app->get_description() << "\n\n";
        if (!app->get_footer().empty())
            out << "Examples:\n" << app->get_footer() << "\n\n";
        out << make_usage(app, name) << make_positionals(app) << make_groups(app, mode)
            << make_subcommands(app, mode);
        return out.str();
    }

    std::string make_usage(const CLI::App* app, std::string name) const override {
        std::string text = "Usage: " + name;
        if (app->get_parent() == nullptr)
            return text + " VERB [options], windtunnel VERB --help\n";
        for (const CLI::Option* each : app->get_options())
            if (each->get_positional())
                text += " " + each->get_type_name();
        return text + " [options]\n";
    }

    std::string make_option_opts(const CLI::Option* option) const override {
        const std::string type = option->get_type_name();
        return type.empty() || option->get_positional() ? "" : " " + type;
    }
    std::string make_option_name(const CLI::Option* option, bool positional) const override {
        return positional ? option->get_type_name() : Formatter::make_option_name(option, false);
    }
};

std::vector<std::string> verb_names(const CLI::App& program) {
    std::vector<std::string> names;
    for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(verb->get_name());
    return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames())
            names.push_back("--" + name);
        for (const std::string& name : option->get_snames())
            names.push_back("-" + name);
    }
    return names;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
    const std::string nearest = topology::nearest(word, names);
    return nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
}

bool looks_like_a_file(const std::string& word) {
    return word.ends_with(".json") || std::filesystem::exists(word);
}

const CLI::App& find_verb(const CLI::App& program, const std::string& word) {
    const auto names = verb_names(program);
    if (std::find(names.begin(), names.end(), word) != names.end())
        return *program.get_subcommand(word);
    if (looks_like_a_file(word))
        throw usage_error(fmt::format("{} is no verb; did you mean windtunnel run {}?",
                                      topology::in_quotes(word), word));
    throw usage_error(fmt::format("unknown verb {}; there is {}{}", topology::in_quotes(word),
                                  fmt::join(names, ", "), did_you_mean(word, names)));
}

/// Short options may be joined ("-qj2"), so only the first letter of those is looked at.
void check_option(const CLI::App& app, const std::string& word) {
    const bool is_long = word.starts_with("--");
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    const auto names = option_names(app);
    if (std::find(names.begin(), names.end(), name) != names.end())
        return;
    const bool verb = app.get_parent() != nullptr;
    throw usage_error(fmt::format("unknown option {}{} (see windtunnel {}--help)",
                                  topology::in_quotes(name), did_you_mean(name, names),
                                  verb ? app.get_name() + " " : ""));
}

/// A value, which the option before it will refuse.
bool is_below_zero(const std::string& word) {
    return word.find_first_not_of("0123456789.", 1) == std::string::npos;
}

} // namespace

void format_help(CLI::App& program) {
    const auto form = std::make_shared<examples_first>();
    form->label("Positionals", "Arguments");
    form->label("Subcommand", "Verb");
    program.formatter(form);
    program.set_help_flag("-h,--help", "this help");
}

void check_words(const CLI::App& program, const std::vector<std::string>& words) {
    const CLI::App* app = &program;
    for (const std::string& word : words) {
        if (word == "--")
            return;
        if (word.size() > 1 && word.front() == '-' && !is_below_zero(word))
            check_option(*app, word);
        else if (app == &program)
            app = &find_verb(program, word);
        if (app->get_allow_extras())
            return;
    }
}

} // namespace windtunnel::cli
