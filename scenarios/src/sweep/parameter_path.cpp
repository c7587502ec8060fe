// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/parameter_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "scenarios/src/loader.hpp"
#include "scenarios/src/overrides.hpp"
#include "scenarios/src/subjects.hpp"
#include "scenarios/src/text_arguments.hpp"
#include "topologies/src/diagnostic.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::scenario {

namespace {

using topology::document;
using topology::in_quotes;
using topology::node;

/// A value of the document, or an argument in a text.
struct place {
    std::string named;    ///< dotted, elements of arrays by their names
    std::string numbered; ///< dotted, elements by their numbers
    std::vector<std::string> parts;
    bool is_object = false;

    bool ends_in(const std::string& name) const {
        const auto ends = [&](const std::string& path) {
            return path == name || path.ends_with("." + name);
        };
        return ends(named) || ends(numbered);
    }
};

class atlas {
  public:
    explicit atlas(const node& root) { visit(root, {}); }

    std::vector<const place*> ending_in(const std::string& name, bool objects_only = false) const {
        std::vector<const place*> found;
        for (const place& each : all_)
            if (each.ends_in(name) && (each.is_object || !objects_only))
                found.push_back(&each);
        return found;
    }

    /// Every end of a path with one or two parts.
    std::vector<std::string> short_names() const {
        std::vector<std::string> names{"load"};
        for (const place& each : all_) {
            const auto last = each.named.rfind('.');
            names.push_back(last == std::string::npos ? each.named : each.named.substr(last + 1));
            if (last == std::string::npos || last == 0)
                continue;
            const auto before = each.named.rfind('.', last - 1);
            names.push_back(before == std::string::npos ? each.named
                                                        : each.named.substr(before + 1));
        }
        return names;
    }

  private:
    void visit(const node& at, const place& here) {
        if (at.is_string())
            for (const std::string& name : argument_names(at.string()))
                add(here, name, name, name, false);
        for (std::size_t i = 0; i < at.children().size(); ++i) {
            const node& child = at.children()[i];
            if (at.is_object() && child.key().starts_with("//"))
                continue;
            const std::string number = at.is_array() ? std::to_string(i) : child.key();
            const node* name = at.is_array() ? child.find("name") : nullptr;
            const place there =
                add(here, number, name != nullptr && name->is_string() ? name->string() : number,
                    number, child.is_object());
            visit(child, there);
        }
    }

    place add(const place& parent, const std::string& part, const std::string& named,
              const std::string& numbered, bool is_object) {
        place one = parent;
        const std::string dot = parent.parts.empty() ? "" : ".";
        one.named += dot + named;
        one.numbered += dot + numbered;
        one.parts.push_back(part);
        one.is_object = is_object;
        all_.push_back(one);
        return one;
    }

    std::vector<place> all_;
};

class resolver {
  public:
    resolver(const document& whole, const std::string& name, const std::string& origin)
        : root_(whole.root()), name_(name), origin_(origin), atlas_(whole.root()) {}

    std::string resolve() const {
        const auto parts = path_parts(name_);
        if (std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.empty(); }))
            fail(fmt::format("the name {} has an empty part", in_quotes(name_)));
        if (name_.starts_with('/') || is_key(parts.front()))
            return pointer_of(parts.size() == 1 ? parts : numbered(parts));
        if (auto rate = rate_of_workload(parts))
            return *rate;
        if (auto found = only_one(atlas_.ending_in(name_)))
            return pointer_of(found->parts);
        if (auto found = below_an_object())
            return *found;
        const std::string near = topology::nearest(name_, atlas_.short_names());
        fail(fmt::format("nothing in the scenario or its topology is called {}; a parameter is a "
                         "path such as workload.0.arrivals.rate, the end of one, or \"load\"",
                         in_quotes(name_)),
             near);
    }

  private:
    [[noreturn]] void fail(std::string message, std::string suggestion = {}) const {
        throw topology::input_error(
            {{origin_, 0, 0, ""}, std::move(message), std::move(suggestion)});
    }

    /// Of a scenario, whether or not this one has it.
    static bool is_key(const std::string& part) {
        static const auto definitions = scenario_definitions();
        const auto& fields = definitions.front().fields;
        return std::any_of(fields.begin(), fields.end(),
                           [&](const auto& field) { return field.key == part; });
    }

    /// Elements by their numbers, as far as the path leads through what is there.
    std::vector<std::string> numbered(std::vector<std::string> parts) const {
        const node* at = &root_;
        for (std::string& part : parts) {
            if (at->is_array()) {
                const auto index = element_of(*at, part);
                if (!index)
                    break; // the override will say what is there
                part = std::to_string(*index);
                at = &at->children()[*index];
            } else {
                at = at->find(part);
            }
            if (at == nullptr)
                break;
        }
        return parts;
    }

    const place* only_one(const std::vector<const place*>& found) const {
        if (found.size() < 2)
            return found.empty() ? nullptr : found.front();
        std::vector<std::string> names;
        for (const place* each : found)
            names.push_back(each->named);
        fail(
            fmt::format("{} may mean {}: write more of the path", in_quotes(name_), listed(names)));
    }

    /// "db.queue.capacity" where db is there and its queue is not: the longest part that is.
    std::optional<std::string> below_an_object() const {
        for (auto dot = name_.rfind('.'); dot != std::string::npos && dot > 0;
             dot = name_.rfind('.', dot - 1)) {
            const place* found = only_one(atlas_.ending_in(name_.substr(0, dot), true));
            if (found == nullptr)
                continue;
            auto parts = found->parts;
            for (std::string& part : path_parts(name_.substr(dot + 1)))
                parts.push_back(std::move(part));
            return pointer_of(parts);
        }
        return {};
    }

    // ---- "load" and "readers.load" ----------------------------------------------------------

    std::optional<std::string> rate_of_workload(const std::vector<std::string>& parts) const {
        const node* workloads = root_.find("workload");
        const bool alone = parts.size() == 1 && parts.front() == "load";
        const bool named = parts.size() == 2 && (parts[1] == "load" || parts[1] == "rate");
        if (workloads == nullptr || !workloads->is_array() || (!alone && !named))
            return {};
        std::vector<std::string> names;
        for (const node& each : workloads->children())
            if (const node* name = each.find("name"); name != nullptr && name->is_string())
                names.push_back(name->string());
        if (alone && workloads->children().size() != 1)
            fail(fmt::format("there are {} workloads: write {}", names.size(),
                             fmt::join(with_load(names), " or ")));
        const auto index =
            alone ? std::optional<std::size_t>{0} : element_of(*workloads, parts.front());
        if (!index)
            return {};
        return rate_at(workloads->children()[*index], *index);
    }

    static std::vector<std::string> with_load(std::vector<std::string> names) {
        for (std::string& name : names)
            name += ".load";
        return names;
    }

    std::string rate_at(const node& workload, std::size_t index) const {
        const node* arrivals = workload.find("arrivals");
        if (arrivals == nullptr || !arrivals->is_string())
            fail(fmt::format("the workload is closed, so it has no rate: vary the number of its "
                             "users, workload.{}.users.count",
                             index));
        const auto arguments = argument_names(arrivals->string());
        if (std::find(arguments.begin(), arguments.end(), "rate") == arguments.end())
            fail(fmt::format("{} has no one rate: vary one of its arguments ({}), such as "
                             "workload.{}.arrivals.{}",
                             in_quotes(arrivals->string()), fmt::join(arguments, ", "), index,
                             arguments.empty() ? "rate" : arguments.front()));
        return fmt::format("/workload/{}/arrivals/rate", index);
    }

    const node& root_;
    const std::string& name_;
    const std::string& origin_;
    atlas atlas_;
};

} // namespace

std::string resolve_parameter(const document& whole, const std::string& name,
                              const std::string& origin) {
    return resolver(whole, name, origin).resolve();
}

} // namespace windtunnel::scenario
