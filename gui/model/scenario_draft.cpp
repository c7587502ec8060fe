// SPDX-License-Identifier: BSL-1.0
#include "gui/model/scenario_draft.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

#include "scenarios/src/faults/fault_table.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::gui {

namespace {

const topology::definition* find(const std::vector<topology::definition>& all,
                                 const std::string& schema) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const topology::definition& d) {
        return topology::schema_reference(d.name) == schema;
    });
    return found == all.end() ? nullptr : &*found;
}

std::string first_value(const topology::described_field& f) {
    if (!f.required)
        return {};
    for (const char* timely : {"duration", "distribution"})
        if (f.schema == topology::schema_reference(timely))
            return "1s";
    return f.schema.find("\"number\"") != std::string::npos ? "2" : "";
}

fault_form form_of(const scenario::fault_row& row, const topology::definition& body) {
    fault_form form{std::string(row.key),
                    std::string(row.meaning),
                    (row.places & scenario::fault_place::edge) != 0,
                    false,
                    {}};
    for (const topology::described_field& f : body.fields) {
        if (f.key == "on")
            form.has_target = true;
        else
            form.fields.push_back({f.key,
                                   f.fallback.empty() ? f.help : f.help + " Default: " + f.fallback,
                                   f.kind, first_value(f), f.required});
    }
    return form;
}

std::string quoted(const std::string& text) {
    std::string made = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            made += '\\';
        made += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return made + "\"";
}

/// JSON as it stands, and anything else as a text.
std::string value_text(const std::string& text) {
    try {
        return topology::document::parse(text, "").root().text();
    } catch (const topology::input_error&) {
        return quoted(text);
    }
}

std::string body_text(const wanted_fault& f) {
    std::string body;
    if (!f.target.empty())
        body = "\"on\": " + quoted(f.target);
    for (const auto& [key, value] : f.values)
        if (!value.empty())
            body += (body.empty() ? "" : ", ") + quoted(key) + ": " + value_text(value);
    return "{" + body + "}";
}

std::set<std::string> fault_names(const topology::node* faults) {
    std::set<std::string> names;
    if (faults != nullptr)
        for (const topology::node& f : faults->children())
            if (const topology::node* name = f.find("name"); name != nullptr && name->is_string())
                names.insert(name->string());
    return names;
}

/// "latency on ratings", and "latency on ratings 2" where there is one of that name.
std::string free_name(const wanted_fault& f, const std::set<std::string>& taken) {
    const std::string name = f.target.empty() ? f.kind : f.kind + " on " + f.target;
    std::string free = name;
    for (int n = 2; taken.count(free) != 0; ++n)
        free = fmt::format("{} {}", name, n);
    return free;
}

std::string fault_text(const wanted_fault& f, const std::string& name) {
    const std::string length = f.length.empty() ? "" : ", \"for\": " + quoted(f.length);
    return fmt::format("{{\"name\": {}, \"at\": {}{}, {}: {}}}", quoted(name),
                       quoted(topology::format_duration(f.at)), length, quoted(f.kind),
                       body_text(f));
}

constexpr int indent = 2;

} // namespace

std::vector<fault_form> fault_forms() {
    const std::vector<topology::definition> all = scenario::fault_definitions();
    const auto fault = std::find_if(
        all.begin(), all.end(), [](const topology::definition& d) { return d.name == "fault"; });
    std::vector<fault_form> forms;
    for (const scenario::fault_row& row : scenario::fault_rows())
        for (const topology::described_field& f : fault->fields)
            if (const topology::definition* body = f.key == row.key ? find(all, f.schema) : nullptr)
                forms.push_back(form_of(row, *body));
    return forms;
}

scenario_draft::scenario_draft(const topology::document& file, std::filesystem::path folder,
                               std::string name, const scenario::load_options& options)
    : folder_(std::move(folder)), name_(std::move(name)) {
    states_.push_back(scenario::effective_scenario(file, folder_, options));
    spec();
}

scenario_draft scenario_draft::load(const std::filesystem::path& path,
                                    const scenario::load_options& options) {
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    return {topology::document::load(path), folder, path.stem().string(), options};
}

void scenario_draft::become(topology::document next) {
    // As it will be read from a file, so that a message names a place in that.
    next = topology::document::parse(next.root().text(indent), name_ + ".json");
    scenario::parse_scenario(next, folder_, name_); // throws where it is not sound
    states_.resize(now_ + 1);
    states_.push_back(std::move(next));
    ++now_;
}

void scenario_draft::add(const wanted_fault& fault) {
    const topology::node& root = states_[now_].root();
    const topology::node* faults = root.find("faults");
    std::string all;
    if (faults != nullptr)
        for (const topology::node& f : faults->children())
            all += f.text() + ", ";
    all += fault_text(fault, free_name(fault, fault_names(faults)));
    const topology::document array = topology::document::parse("[" + all + "]", name_ + ".json");
    become(topology::document::with(root, "faults", array.root()));
}

void scenario_draft::set(const std::string& path, const std::string& value) {
    become(scenario::with_override(states_[now_], {path, value}));
}

void scenario_draft::undo() {
    now_ -= can_undo() ? 1 : 0;
}

void scenario_draft::redo() {
    now_ += can_redo() ? 1 : 0;
}

scenario::scenario_spec scenario_draft::spec() const {
    return scenario::parse_scenario(states_[now_], folder_, name_);
}

std::string scenario_draft::text() const {
    return states_[now_].root().text(indent) + "\n";
}

void scenario_draft::save(const std::filesystem::path& to) const {
    std::ofstream file(to);
    file << text();
    file.close();
    if (!file)
        throw std::runtime_error("the scenario cannot be written to " + to.string());
}

} // namespace windtunnel::gui
