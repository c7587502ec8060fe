// SPDX-License-Identifier: BSL-1.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <fmt/format.h>

#include "bench/benchmark.hpp"

namespace {

using namespace windtunnel::bench;

int run(const std::vector<std::string>& wanted) {
    for (const benchmark& b : benchmarks()) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), b.name) == wanted.end())
            continue;
        for (const measurement& m : b.run())
            fmt::print("{{\"name\":\"{}\",\"value\":{:.6g},\"unit\":\"{}\",\"ratio\":{:.4f}}}\n",
                       m.name, m.value, m.unit, m.ratio);
    }
    return 0;
}

std::string known() {
    std::string names;
    for (const benchmark& b : benchmarks())
        names += fmt::format("\n  {:<14} {}", b.name, b.what);
    return names;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app("Measures windtunnel: one JSON line a figure (name, value, unit, and the ratio to "
                 "its baseline of the same run).\n\nBenchmarks:" +
                 known());
    std::vector<std::string> wanted;
    std::vector<std::string> names;
    for (const benchmark& b : benchmarks())
        names.emplace_back(b.name);
    app.add_option("NAME", wanted, "which benchmarks; none: all")->check(CLI::IsMember(names));
    try {
        app.parse(argc, argv);
        return run(wanted);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const std::exception& e) {
        fmt::print(stderr, "windtunnel-bench: {}\n", e.what());
        return 2;
    }
}
