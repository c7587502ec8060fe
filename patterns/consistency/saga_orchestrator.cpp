// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/saga_orchestrator.hpp"

#include <algorithm>
#include <stdexcept>

#include "patterns/base/assert.hpp"

namespace windtunnel {

namespace {

constexpr std::size_t no_step = ~std::size_t{0};

std::size_t step_named(const saga_definition& d, const std::string& name) {
    for (std::size_t i = 0; i < d.steps.size(); ++i)
        if (d.steps[i].name == name)
            return i;
    return no_step;
}

} // namespace

saga_orchestrator::saga_orchestrator(storage& s, std::vector<saga_definition> definitions,
                                     const saga_options& options, time_point now, std::string name)
    : storage_(s), log_(name), options_(options) {
    options_.validate();
    for (auto& d : definitions) {
        d.validate();
        std::string key = d.name;
        if (!definitions_.try_emplace(std::move(key), std::move(d)).second)
            throw std::invalid_argument("saga \"" + d.name + "\": two definitions have this name");
    }
    recover(now);
}

void saga_orchestrator::recover(time_point now) {
    const auto t = storage_.begin();
    for (const auto& [id, definition, shape] : log_.active(*t)) {
        const auto of = definitions_.find(definition);
        if (of == definitions_.end())
            throw std::invalid_argument("saga \"" + definition +
                                        "\": the log has one that is not over, \"" + id +
                                        "\", and no definition of it is given");
        if (of->second.shape() != shape)
            throw std::invalid_argument("saga \"" + definition + "\": \"" + id +
                                        "\" in the log began with other steps: " + shape +
                                        "; give it those, and the new ones another name");
        running r{{of->second, options_}};
        for (const auto& record : log_.read(*t, id)) {
            r.instance.apply(record);
            ++r.records;
        }
        for (std::size_t i = 0; i < of->second.steps.size(); ++i) {
            const auto& s = r.instance.steps()[i];
            if (s.state == saga_step_state::running || s.state == saga_step_state::undoing)
                write(*t, id, r,
                      {.kind = saga_record_kind::interrupted,
                       .at = now,
                       .step = static_cast<std::uint32_t>(i),
                       .direction = s.direction,
                       .attempt = s.attempts});
        }
        const auto where = sagas_.emplace(id, std::move(r)).first;
        due_.insert({where->second.due, id});
    }
    t->commit();
}

bool saga_orchestrator::start(const std::string& id, const std::string& definition,
                              std::string input, time_point now, time_point deadline) {
    const auto of = definitions_.find(definition);
    if (of == definitions_.end())
        throw std::invalid_argument("saga \"" + definition + "\": there is no such definition");
    if (id.empty())
        throw std::invalid_argument("saga \"" + definition + "\": the id is empty");
    const auto t = storage_.begin();
    if (log_.contains(*t, id))
        return false;
    const saga_record first{
        .kind = saga_record_kind::started, .at = now, .until = deadline, .text = std::move(input)};
    running r{{of->second, options_}};
    write(*t, id, r, first);
    t->commit();
    ++metrics_.started;
    const auto where = sagas_.emplace(id, std::move(r)).first;
    due_.insert({where->second.due, id});
    return true;
}

std::vector<saga_command> saga_orchestrator::commands(time_point now, random_stream& chance) {
    std::vector<saga_command> out;
    if (due_.empty() || due_.begin()->first > now)
        return out;
    const auto t = storage_.begin();
    std::vector<draft> drafts;
    for (auto i = due_.begin(); i != due_.end() && i->first <= now; ++i) {
        const auto where = sagas_.find(i->second);
        drafts.push_back({where, where->second});
        advance(*t, drafts.back(), out, now, chance);
    }
    t->commit();
    for (auto& d : drafts)
        keep(std::move(d));
    return out;
}

/// All that is to happen to it now.
void saga_orchestrator::advance(storage_transaction& t, draft& d, std::vector<saga_command>& out,
                                time_point now, random_stream& chance) {
    auto& after = d.after;
    while (const auto r = after.instance.next(now, chance)) {
        write(t, d.where->first, after, *r);
        if (r->kind == saga_record_kind::sent)
            out.push_back(command_of(d.where->first, after.instance, *r));
    }
    after.due = after.instance.next_event();
}

void saga_orchestrator::write(storage_transaction& t, const std::string& id, running& r,
                              const saga_record& what) {
    const auto& d = r.instance.definition();
    log_.append(t, {id, d.name, d.shape()}, r.records++, what);
    r.instance.apply(what);
}

void saga_orchestrator::keep(draft&& d) {
    if (!d.after.instance.over()) {
        const time_point due = d.after.due;
        const auto before = d.where->second.due;
        d.where->second = std::move(d.after);
        d.where->second.due = before;
        schedule(d.where, due);
        return;
    }
    const saga_state end = d.after.instance.state();
    ++(end == saga_state::completed     ? metrics_.completed
       : end == saga_state::compensated ? metrics_.compensated
                                        : metrics_.failed);
    due_.erase({d.where->second.due, d.where->first});
    sagas_.erase(d.where);
}

void saga_orchestrator::schedule(saga_map::iterator i, time_point due) {
    due_.erase({i->second.due, i->first});
    i->second.due = due;
    due_.insert({due, i->first});
}

/// One record, after which commands() looks at the saga at once.
bool saga_orchestrator::change(const std::string& id, const saga_record& what) {
    draft d{sagas_.find(id), sagas_.find(id)->second};
    const auto t = storage_.begin();
    write(*t, id, d.after, what);
    t->commit();
    d.after.due = time_point::min();
    keep(std::move(d));
    return true;
}

bool saga_orchestrator::answer(const saga_answer& a, time_point now, random_stream& chance) {
    const saga_instance* s = find(a.saga);
    const std::size_t step = s == nullptr ? no_step : step_named(s->definition(), a.step);
    const auto r = step == no_step
                       ? std::nullopt
                       : s->answer(step, a.direction, a.attempt, a.result, a.data, now, chance);
    if (r)
        return change(a.saga, *r);
    ++metrics_.late_answers;
    return false;
}

bool saga_orchestrator::cancel(const std::string& id, std::string reason, time_point now) {
    const saga_instance* s = find(id);
    if (s == nullptr || s->state() != saga_state::forward || !s->reason().empty())
        return false;
    return change(id, {.kind = saga_record_kind::cancelled,
                       .at = now,
                       .text = reason.empty() ? "cancelled" : std::move(reason)});
}

std::vector<parked_step> saga_orchestrator::parked() const {
    std::vector<parked_step> all;
    for (const auto& [id, r] : sagas_)
        for (std::size_t i = 0; i < r.instance.steps().size(); ++i)
            if (const auto& s = r.instance.steps()[i]; s.state == saga_step_state::parked)
                all.push_back({id, r.instance.definition().steps[i].name, s.direction, s.note});
    return all;
}

bool saga_orchestrator::resolve(const std::string& id, const std::string& step, saga_result how,
                                std::string note, time_point now) {
    const saga_instance* s = find(id);
    const std::size_t i = s == nullptr ? no_step : step_named(s->definition(), step);
    if (i == no_step || s->steps()[i].state != saga_step_state::parked)
        return false;
    if (how == saga_result::failed && s->definition().steps[i].kind != saga_step_kind::pivot)
        return false;
    return change(id, {.kind = saga_record_kind::resolved,
                       .at = now,
                       .step = static_cast<std::uint32_t>(i),
                       .direction = s->steps()[i].direction,
                       .result = how,
                       .text = std::move(note)});
}

bool saga_orchestrator::give_up(const std::string& id, std::string note, time_point now) {
    const saga_instance* s = find(id);
    if (s == nullptr || !s->parked())
        return false;
    return change(id, {.kind = saga_record_kind::ended,
                       .at = now,
                       .state = saga_state::failed,
                       .text = std::move(note)});
}

time_point saga_orchestrator::next_event() const {
    return due_.empty() ? never : due_.begin()->first;
}

const saga_instance* saga_orchestrator::find(const std::string& id) const {
    const auto found = sagas_.find(id);
    return found == sagas_.end() ? nullptr : &found->second.instance;
}

std::vector<saga_record> saga_orchestrator::history(const std::string& id) const {
    return log_.read(*storage_.begin_read(), id);
}

std::optional<saga_state> saga_orchestrator::state(const std::string& id) const {
    if (const saga_instance* s = find(id))
        return s->state();
    const auto all = history(id);
    return all.empty() ? std::nullopt : std::optional{all.back().state};
}

bool saga_orchestrator::forget(const std::string& id) {
    const auto t = storage_.begin();
    if (find(id) != nullptr || !log_.contains(*t, id))
        return false;
    log_.erase(*t, id);
    t->commit();
    return true;
}

saga_command saga_orchestrator::command_of(const std::string& id, const saga_instance& s,
                                           const saga_record& sent) const {
    const auto& step = s.definition().steps[sent.step];
    const bool action = sent.direction == saga_direction::action;
    return {.saga = id,
            .step = step.name,
            .command = action ? step.name : step.compensation,
            .direction = sent.direction,
            .attempt = sent.attempt,
            .key = std::to_string(id.size()) + ":" + id + "/" + step.name + "/" +
                   std::string{to_string(sent.direction)},
            .answer_by = sent.until};
}

} // namespace windtunnel
