// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/reports/junit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <pugixml.hpp>
#include <sstream>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/compare_report.hpp"
#include "scenarios/src/reports/wording.hpp"
#include "scenarios/src/version.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using pugi::xml_node;

void set(xml_node node, const char* name, const std::string& value) {
    node.append_attribute(name) = clean_text(value).c_str();
}

void add_property(xml_node properties, const char* name, const std::string& value) {
    xml_node property = properties.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
}

/// What services tell test cases apart by, together with their names. A dot would be read as the
/// end of a package's name.
std::string class_of(std::string suite) {
    std::replace(suite.begin(), suite.end(), '.', '_');
    return "windtunnel." + suite;
}

xml_node add_suite(xml_node root, const std::string& name, const std::string& file) {
    xml_node suite = root.append_child("testsuite");
    set(suite, "name", name);
    for (const char* count : {"tests", "failures", "errors", "skipped", "time"})
        suite.append_attribute(count) = 0;
    if (!file.empty())
        set(suite, "file", file);
    return suite;
}

xml_node add_case(xml_node suite, const std::string& name, const std::string& file, int line) {
    xml_node test = suite.append_child("testcase");
    set(test, "name", name);
    set(test, "classname", class_of(suite.attribute("name").value()));
    if (!file.empty())
        set(test, "file", file);
    if (line > 0)
        test.append_attribute("line") = line;
    test.append_attribute("time") = 0;
    return test;
}

void add_finding(xml_node test, const char* element, std::string_view type,
                 const std::string& message, const std::string& text) {
    xml_node found = test.append_child(element);
    set(found, "message", message);
    set(found, "type", std::string(type));
    found.text() = clean_text(text).c_str();
}

/// Some services show this text alone.
std::string words_of(const expectation_result& r, const std::string& reproduce) {
    const std::string text = fmt::format("{}\n{}\n", r.expectation.text, explained(r));
    return reproduce.empty() ? text : text + reproduce + "\n";
}

void add_properties(xml_node suite, const scenario_spec& scenario, const replicated_result& result,
                    const run_account& account) {
    xml_node properties = suite.append_child("properties");
    add_property(properties, "scenario", scenario.name);
    if (!scenario.variant.empty())
        add_property(properties, "variant", scenario.variant);
    add_property(properties, "topology", scenario.topology.name);
    add_property(properties, "verdict", std::string(to_string(result.verdict)));
    if (!result.seeds.empty())
        add_property(properties, "seed", std::to_string(result.seeds.front()));
    add_property(properties, "replications", std::to_string(result.seeds.size()));
    add_property(properties, "version", result.merged.version);
    if (!account.reproduce.empty())
        add_property(properties, "reproduce", account.reproduce);
}

class junit_document final : public report_writer {
  public:
    junit_document();
    void add(const scenario_spec& scenario, const replicated_result& result,
             const run_account& account) override;
    void add_missing(const scenario_spec& scenario, verdict what, const std::string& why,
                     const run_account& account) override;
    void refuse(const topology::input_error& error, const std::string& file) override;
    std::string document(verdict) const override;

  private:
    struct counts {
        std::size_t tests = 0, failures = 0, errors = 0;
    };
    void close(xml_node suite, const counts& of);

    pugi::xml_document document_;
    xml_node root_;
    counts all_;
};

junit_document::junit_document() {
    xml_node declaration = document_.append_child(pugi::node_declaration);
    declaration.append_attribute("version") = "1.0";
    declaration.append_attribute("encoding") = "UTF-8";
    root_ = document_.append_child("testsuites");
    set(root_, "name", "windtunnel");
    for (const char* count : {"tests", "failures", "errors", "skipped", "time"})
        root_.append_attribute(count) = 0;
}

void junit_document::close(xml_node suite, const counts& of) {
    all_.tests += of.tests;
    all_.failures += of.failures;
    all_.errors += of.errors;
    for (const auto& [node, count] : {std::pair{suite, of}, {root_, all_}}) {
        xml_node at = node;
        at.attribute("tests") = count.tests;
        at.attribute("failures") = count.failures;
        at.attribute("errors") = count.errors;
    }
}

void junit_document::add(const scenario_spec& scenario, const replicated_result& result,
                         const run_account& account) {
    xml_node suite = add_suite(root_, name_of(scenario), account.file);
    add_properties(suite, scenario, result, account);
    counts found;
    for (const expectation_result& each : result.expectations) {
        const topology::location& where = each.expectation.where;
        xml_node test = add_case(suite, each.expectation.text, where.file, where.line);
        ++found.tests;
        if (each.status == check_status::passed)
            continue;
        ++found.failures;
        add_finding(test, "failure", to_string(each.status), observed_words(each),
                    words_of(each, account.reproduce));
    }
    if (account.against != nullptr) {
        xml_node test = add_case(suite, "no figure is worse than in " + account.against->before,
                                 account.file, 0);
        ++found.tests;
        if (result.worse_than_before.value_or(0) > 0) {
            ++found.failures;
            add_finding(test, "failure", "failed", worse_text(*account.against),
                        text_of_comparison(*account.against, {}) + account.reproduce);
        } else if (result.gone_since > 0) {
            ++found.failures;
            add_finding(test, "failure", "inconclusive", gone_text(result),
                        text_of_comparison(*account.against, {}) + account.reproduce);
        }
    }
    // A run without expectations is a test too, and one that was stopped must not pass for a whole.
    const bool stopped = result.verdict == verdict::aborted;
    if (stopped || result.expectations.empty()) {
        xml_node test = add_case(suite, "runs to its end", account.file, 0);
        ++found.tests;
        if (stopped) {
            ++found.errors;
            add_finding(test, "error", "aborted", meaning_of(result), account.reproduce);
        }
    }
    close(suite, found);
}

void junit_document::add_missing(const scenario_spec& scenario, verdict what,
                                 const std::string& why, const run_account& account) {
    xml_node suite = add_suite(root_, name_of(scenario), account.file);
    add_finding(add_case(suite, "runs to its end", account.file, 0), "error", to_string(what),
                why.substr(0, why.find('\n')), why + "\n" + account.reproduce);
    close(suite, {1, 0, 1});
}

void junit_document::refuse(const topology::input_error& error, const std::string& file) {
    xml_node suite = add_suite(root_, "input", file);
    add_property(suite.append_child("properties"), "version", version);
    for (const topology::diagnostic& each : error.diagnostics()) {
        const topology::location& where = each.where;
        xml_node test = add_case(suite, fmt::format("{}: {}", where.text(), each.message),
                                 where.file, where.line);
        add_finding(test, "error", "invalid", each.message, each.text());
    }
    if (error.omitted() > 0)
        suite.append_child("system-out").text() =
            fmt::format("and {} more", error.omitted()).c_str();
    close(suite, {error.diagnostics().size(), 0, error.diagnostics().size()});
}

std::string junit_document::document(verdict) const {
    std::ostringstream text;
    document_.save(text, "  ", pugi::format_indent, pugi::encoding_utf8);
    return text.str();
}

} // namespace

std::unique_ptr<report_writer> junit_writer(const report_options&) {
    return std::make_unique<junit_document>();
}

} // namespace windtunnel::scenario
