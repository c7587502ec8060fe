// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/upcaster.hpp"

#include <stdexcept>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

std::string schema_text(const std::string& type, std::uint32_t schema) {
    return "\"" + type + "\" of schema " + std::to_string(schema);
}

} // namespace

void upcaster::add(std::string type, std::uint32_t schema, step make_next) {
    std::string same = type;
    rename(std::move(type), schema, std::move(same), schema + 1, std::move(make_next));
}

void upcaster::rename(std::string type, std::uint32_t schema, std::string to,
                      std::uint32_t to_schema, step make_next) {
    const std::string what = "upcaster: " + schema_text(type, schema);
    if (!make_next)
        throw std::invalid_argument(what + " has no function");
    if (!steps_
             .try_emplace({std::move(type), schema},
                          target{std::move(to), to_schema, std::move(make_next)})
             .second)
        throw std::invalid_argument(what + " has a step already");
}

void upcaster::validate() const {
    for (const auto& [from, to] : steps_) {
        const auto next = steps_.upper_bound(from);
        const bool more = next != steps_.end() && next->first.first == from.first;
        if (more && (to.type != from.first || next->first.second != to.schema))
            throw std::invalid_argument("upcaster: " + schema_text(from.first, from.second) +
                                        " does not lead to schema " +
                                        std::to_string(next->first.second));
        std::size_t length = 0;
        for (auto at = steps_.find(from); at != steps_.end();
             at = steps_.find({at->second.type, at->second.schema}))
            if (++length > steps_.size())
                throw std::invalid_argument("upcaster: " + schema_text(from.first, from.second) +
                                            " leads in a circle");
    }
}

event_data upcaster::operator()(event_data e) const {
    std::size_t length = 0;
    for (auto at = steps_.find({e.type, e.schema}); at != steps_.end();
         at = steps_.find({e.type, e.schema})) {
        WINDTUNNEL_ASSERT(++length <= steps_.size()); // validate() says which
        std::string id = e.id;
        e = at->second.make_next(std::move(e));
        e.id = std::move(id);
        e.type = at->second.type;
        e.schema = at->second.schema;
    }
    return e;
}

} // namespace windtunnel
