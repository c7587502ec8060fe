// SPDX-License-Identifier: BSL-1.0
#include "validation/engine/table.hpp"

#include <algorithm>
#include <filesystem>

#include "support/repository.hpp"
#include "topologies/src/quantity.hpp"

namespace windtunnel::validation {

namespace {

using topology::document;
using topology::node;

constexpr int usual_seeds = 64;

std::filesystem::path folder() {
    return test::in_repository("tests/validation/data");
}

const node& member(const node& object, std::string_view key) {
    const node* found = object.find(key);
    if (found == nullptr)
        topology::fail(object, "there is no \"" + std::string(key) + "\"");
    return *found;
}

void add_claims(std::vector<claim>& claims, const node& at, claim::kind what,
                std::string_view key) {
    const node* list = at.find(key);
    if (list == nullptr)
        return;
    for (const node& each : list->children()) {
        if (what == claim::kind::stated)
            claims.push_back({what, each.key(), each.number(), 0});
        else
            claims.push_back({what, each.string(), 0, 0});
    }
}

void add_published(std::vector<claim>& claims, const node& at) {
    const node* published = at.find("published");
    if (published == nullptr)
        return;
    const auto runs = static_cast<int>(*member(*published, "runs").integer());
    for (const node& each : member(*published, "means").children())
        claims.push_back({claim::kind::published, each.string(), 0, runs});
}

row read_row(const node& at, const node& shared) {
    const node* own = at.find("scenario");
    row r{member(at, "row").string(),
          false,
          1,
          0.03,
          {},
          own != nullptr ? document::merge(shared, *own) : document::of(shared),
          {},
          {}};
    if (const node* flag = at.find("long"))
        r.takes_long = flag->boolean();
    if (const node* width = at.find("half_width"))
        r.half_width = width->number();
    if (const node* every = at.find("sample"))
        r.sample = topology::parse_duration(every->string());
    if (const node* values = at.find("set"))
        for (const node& value : values->children())
            r.set.push_back({value.key(), value.is_string() ? value.string() : value.text()});
    add_claims(r.claims, at, claim::kind::exact, "exact");
    add_claims(r.claims, at, claim::kind::random, "random");
    add_claims(r.claims, at, claim::kind::stated, "stated");
    add_published(r.claims, at);
    const bool chance = std::any_of(r.claims.begin(), r.claims.end(), [](const claim& c) {
        return c.what == claim::kind::random || c.what == claim::kind::published;
    });
    const node* seeds = at.find("seeds");
    r.seeds = seeds != nullptr ? static_cast<int>(*seeds->integer()) : chance ? usual_seeds : 1;
    return r;
}

} // namespace

table load_table(const std::string& name) {
    const document file = document::load(folder() / (name + ".json"));
    const node& shared = member(file.root(), "scenario");
    table t{name, {}};
    for (const node& each : member(file.root(), "rows").children())
        t.rows.push_back(read_row(each, shared));
    return t;
}

std::vector<table> load_tables() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder()))
        if (entry.path().extension() == ".json")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    std::vector<table> tables;
    for (const std::string& name : names)
        tables.push_back(load_table(name));
    return tables;
}

} // namespace windtunnel::validation
