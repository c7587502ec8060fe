// SPDX-License-Identifier: BSL-1.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::cli {

namespace {

namespace fs = std::filesystem;

struct new_options {
    std::string name, in = ".";
    bool force = false;
};

constexpr const char* topology_text = R"json({{
  "name": "{0}",
  "description": "A front end that asks a back end, which keeps its data in a store.",
  "services": {{
    "web": {{
      "workers": 16,
      "endpoints": {{
        "GET /": {{
          "work": "lognormal(mean=2ms, p99=8ms)",
          "steps": [
            {{ "call": "orders.GET /orders", "timeout": "300ms", "retry": {{ "max_attempts": 2 }} }}
          ]
        }}
      }}
    }},
    "orders": {{
      "replicas": 2,
      "workers": 8,
      "endpoints": {{
        "GET /orders": {{
          "work": "lognormal(mean=4ms, p99=15ms)",
          "steps": [{{ "call": "store.query", "timeout": "200ms" }}]
        }}
      }}
    }},
    "store": {{
      "workers": 32,
      "endpoints": {{ "query": {{ "work": "exponential(mean=3ms)" }} }}
    }}
  }},
  "network": {{ "latency": "250us" }}
}}
)json";

constexpr const char* scenario_text = R"json({{
  "title": "A slow store",
  "description": "For ten seconds every query takes 30 ms longer. Does the front end stay usable?",
  "topology": "{0}.topology.json",
  "seed": 1,
  "warmup": "5s",
  "duration": "60s",
  "workload": [
    {{ "name": "customers", "to": "web.GET /", "arrivals": "poisson(100/s)" }}
  ],
  "faults": [
    {{
      "name": "slow store",
      "at": "25s",
      "for": "10s",
      "latency": {{ "on": "store", "add": "30ms" }}
    }}
  ],
  "expect": [
    "customers: p99 < 100ms before 'slow store'",
    "customers: p99 < 250ms during 'slow store'",
    "customers: errors < 1%",
    "customers: recovers within 5s after 'slow store'"
  ],
  "variants": {{
    "twice the load": {{
      "workload": [
        {{ "name": "customers", "to": "web.GET /", "arrivals": "poisson(200/s)" }}
      ]
    }}
  }}
}}
)json";

void check_name(const std::string& name) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    };
    if (name.empty() || !std::all_of(name.begin(), name.end(), allowed) || name.front() == '-')
        throw usage_error(fmt::format("new: {} is no name: use letters, digits, - and _",
                                      topology::in_quotes(name)));
}

void check_free(const fs::path& path, bool force) {
    std::error_code error;
    if (!force && fs::exists(fs::symlink_status(path, error)))
        throw usage_error(fmt::format("{} is there already; --force overwrites it", path.string()));
}

bool write_file(const fs::path& path, const std::string& text) {
    try {
        return output_file(path.string()).write(text);
    } catch (const std::runtime_error&) {
        throw usage_error(fmt::format("cannot write {}; is its folder there, and may you write to "
                                      "it?",
                                      path.string()));
    }
}

int create(const new_options& o) {
    check_name(o.name);
    const fs::path folder = o.in;
    const fs::path scenario = (folder / (o.name + ".json")).lexically_normal();
    const fs::path topology = (folder / (o.name + ".topology.json")).lexically_normal();
    check_free(scenario, o.force);
    check_free(topology, o.force);
    std::error_code error;
    fs::create_directories(folder, error);
    if (!write_file(topology, fmt::format(topology_text, o.name)) ||
        !write_file(scenario, fmt::format(scenario_text, o.name)))
        return exit_not_written;
    const std::string run = shell_word(scenario.string());
    print(fmt::format("{}  what there is: three services that call each other\n"
                      "{}  what happens: load, a fault, and what must hold\n\n"
                      "Next:\n  windtunnel run {}\n  windtunnel run {} --all-variants\n",
                      topology.string(), scenario.string(), run, run));
    return 0;
}

} // namespace

verb add_new(CLI::App& program) {
    auto* app =
        program.add_subcommand("new", "Writes a topology and a scenario that runs, to begin with.");
    app->footer("  windtunnel new shop\n"
                "  windtunnel new checkout --in experiments");
    const auto o = std::make_shared<new_options>();
    app->add_option("NAME", o->name, "makes NAME.json and NAME.topology.json")
        ->required()
        ->type_name("NAME");
    app->add_option("--in", o->in, "the folder to write to [.]")->type_name("FOLDER");
    app->add_flag("--force", o->force, "overwrite files that are there");
    return {app, [o] { return create(*o); }};
}

} // namespace windtunnel::cli
