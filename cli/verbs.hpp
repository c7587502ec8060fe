// SPDX-License-Identifier: BSL-1.0
// The verbs: each adds itself to the program's command line and gives back what it does when it is
// chosen, with its exit code. Wrong use: usage_error. Bad input: topology::input_error.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace windtunnel::cli {

struct verb {
    CLI::App* app;
    std::function<int()> run;
};

verb add_run(CLI::App& program);
verb add_compare(CLI::App& program);
verb add_sweep(CLI::App& program);
verb add_explain(CLI::App& program);
verb add_validate(CLI::App& program);
verb add_list(CLI::App& program);
verb add_schema(CLI::App& program);
verb add_new(CLI::App& program);
verb add_import_policies(CLI::App& program);
verb add_gui(CLI::App& program);
verb add_completion(CLI::App& program);

} // namespace windtunnel::cli
