// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/compare/saved_result.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "scenarios/src/version.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/document_source.hpp"

namespace windtunnel::scenario {

namespace {

using sorted_json = nlohmann::json;

constexpr const char* how_to_make = "write one with \"windtunnel run ... -o result.json\"";

class result_reader {
  public:
    explicit result_reader(std::string file) : file_(std::move(file)) {}

    std::vector<saved_result> read(const sorted_json& root) const {
        check_format(root);
        if (!root.contains("results"))
            return {result(root, "")};
        std::vector<saved_result> all;
        for (std::size_t i = 0; i < root.at("results").size(); ++i)
            all.push_back(result(root["results"][i], fmt::format("/results/{}", i)));
        return all;
    }

    [[noreturn]] void fail(const std::string& pointer, std::string message) const {
        throw topology::input_error({{file_, 0, 0, pointer}, std::move(message), ""});
    }

  private:
    void check_format(const sorted_json& root) const {
        if (!root.is_object() || !root.contains("schema_version"))
            fail("", fmt::format("this is no result of windtunnel: {}", how_to_make));
        if (const sorted_json& v = root["schema_version"]; v != result_schema_version)
            fail("/schema_version",
                 fmt::format("a result in version {} of the format, but this program reads version "
                             "{}: make it anew with this program",
                             v.dump(), result_schema_version));
        if (root.contains("errors"))
            fail("/errors", "there is no result in it, because the input of that run was invalid");
    }

    saved_result result(const sorted_json& at, const std::string& pointer) const {
        check_format(at);
        const std::string by = at.at("summary").at("version");
        if (by != version)
            fail(pointer + "/summary/version",
                 fmt::format("the result was made by windtunnel {}, this is {}: what differs might "
                             "be the program; make it anew with this one",
                             by, version));
        if (!at.at("run").at("complete").get<bool>())
            fail(pointer + "/run/complete", "that run was stopped before its end, so its figures "
                                            "are partial: run it again");
        if (!at.contains("figures"))
            fail(pointer, fmt::format("the result has no \"figures\" to compare: {}", how_to_make));
        saved_result saved{file_, at["run"].at("reproduce"), at.at("scenario").at("file"), {}};
        figure_set& set = saved.figures;
        set.scenario = at.at("scenario").at("name");
        if (const sorted_json& variant = at["scenario"].at("variant"); variant.is_string())
            set.variant = variant;
        set.version = by;
        at["run"].at("seeds").get_to(set.seeds);
        at["figures"].at("group_size").get_to(set.group_size);
        for (const sorted_json& each : at["figures"].at("list"))
            set.figures.push_back(figure(each));
        return saved;
    }

    static figure_sample figure(const sorted_json& at) {
        figure_sample f;
        at.at("name").get_to(f.name);
        f.unit = named<unit_kind, 4>(at.at("unit"), {{{"time", unit_kind::time},
                                                      {"share", unit_kind::share},
                                                      {"rate", unit_kind::rate},
                                                      {"count", unit_kind::count}}});
        f.direction = named<better, 3>(
            at.at("better"),
            {{{"lower", better::lower}, {"higher", better::higher}, {"neither", better::neither}}});
        at.at("value").get_to(f.value);
        at.at("values").get_to(f.values);
        return f;
    }

    template <class E, std::size_t N>
    static E named(const std::string& name, const std::array<std::pair<const char*, E>, N>& all) {
        for (const auto& [each, value] : all)
            if (name == each)
                return value;
        throw std::out_of_range(fmt::format("{} is not known here", topology::in_quotes(name)));
    }

    std::string file_;
};

} // namespace

std::vector<saved_result> load_saved_results(const std::filesystem::path& path) {
    const result_reader r(path.string());
    std::error_code unknown;
    if (!std::filesystem::exists(path, unknown) || std::filesystem::is_directory(path, unknown))
        (void)topology::read_input(path); // says so, and what is near
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf()))
        r.fail("", "cannot be read");
    try {
        return r.read(sorted_json::parse(text.str()));
    } catch (const sorted_json::parse_error& error) {
        r.fail("", fmt::format("this is no JSON, at byte {}: {}", error.byte, how_to_make));
    } catch (const sorted_json::exception& error) {
        r.fail("", fmt::format("the result is damaged ({}): make it anew", error.what()));
    } catch (const std::out_of_range& error) {
        r.fail("", fmt::format("the result is damaged ({}): make it anew", error.what()));
    }
}

} // namespace windtunnel::scenario
