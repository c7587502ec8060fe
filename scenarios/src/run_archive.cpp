// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/run_archive.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "patterns/gateway/jwt/base64url.hpp"
#include "scenarios/src/archive.hpp"

namespace windtunnel::scenario {

namespace {

using explain::told_expectation;
using nlohmann::json;

constexpr std::string_view beginning = "windtunnel runs ";
constexpr std::string_view header = "windtunnel runs 1\n";

json written(const told_expectation& e) {
    return json::array({e.text, e.subject, e.observed, e.phase, e.why, e.holds});
}

json written(const archived_run& run) {
    json expectations = json::array();
    for (const told_expectation& each : run.expectations)
        expectations.push_back(written(each));
    const std::string bytes = to_archive(run.result);
    return json::array({run.file, run.reproduce, std::move(expectations),
                        json::binary(std::vector<std::uint8_t>(bytes.begin(), bytes.end()))});
}

told_expectation read_expectation(const json& in) {
    return {in.at(0), in.at(1), in.at(2), in.at(3), in.at(4), in.at(5)};
}

archived_run read_run(const json& in) {
    archived_run run;
    run.file = in.at(0);
    run.reproduce = in.at(1);
    for (const json& each : in.at(2))
        run.expectations.push_back(read_expectation(each));
    const auto& bytes = in.at(3).get_binary();
    run.result = from_archive(std::string(bytes.begin(), bytes.end()));
    return run;
}

} // namespace

bool is_run_archive(std::string_view bytes) {
    return bytes.starts_with(beginning);
}

std::string to_run_archive(const std::vector<archived_run>& runs) {
    json all = json::array();
    for (const archived_run& run : runs)
        all.push_back(written(run));
    std::string bytes;
    json::to_cbor(all, bytes);
    return std::string(header) + to_base64url(bytes) + "\n";
}

std::vector<archived_run> from_run_archive(std::string_view bytes) {
    if (!bytes.starts_with(header))
        throw std::invalid_argument("this is no archive of runs, or of another version");
    std::string_view body = bytes.substr(header.size());
    if (body.ends_with('\n'))
        body.remove_suffix(1);
    const auto decoded = from_base64url(body);
    if (!decoded)
        throw std::invalid_argument("this archive of runs is damaged: it is no base64url");
    try {
        std::vector<archived_run> runs;
        const json all = json::from_cbor(*decoded);
        for (const json& each : all)
            runs.push_back(read_run(each));
        return runs;
    } catch (const json::exception& error) {
        throw std::invalid_argument(std::string("this archive of runs is damaged: ") +
                                    error.what());
    }
}

} // namespace windtunnel::scenario
