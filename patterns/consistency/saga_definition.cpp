// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/saga_definition.hpp"

#include <array>
#include <set>
#include <stdexcept>

#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

using kind = saga_step_kind;

constexpr std::array<std::string_view, 3> saga_kind_names{"compensatable", "pivot", "retriable"};

/// Looks at the steps in their order.
class definition_check {
  public:
    explicit definition_check(const saga_definition& d) : definition_(d) {}

    void run() {
        if (definition_.name.empty())
            throw std::invalid_argument("saga: its name is empty");
        if (definition_.steps.empty())
            throw std::invalid_argument("saga \"" + definition_.name + "\": it has no steps");
        for (const auto& s : definition_.steps) {
            check_name(s);
            check_compensation(s);
            check_order(s);
            check_group(s);
            before_ = &s;
        }
    }

  private:
    [[noreturn]] void refuse(const saga_step& s, const std::string& rule) const {
        throw std::invalid_argument("saga \"" + definition_.name + "\", step \"" + s.name +
                                    "\": " + rule);
    }
    void check_name(const saga_step& s) {
        if (s.name.empty())
            refuse(s, "its name is empty");
        if (!names_.insert(s.name).second)
            refuse(s, "two steps have this name; it must be unique");
    }
    void check_compensation(const saga_step& s) const {
        const bool has_one = !s.compensation.empty();
        if (s.kind == kind::compensatable && !has_one && !s.read_only)
            refuse(s, "it has no compensation; a step that another one may follow that fails for "
                      "good must have one, or be read_only");
        if (s.read_only && has_one)
            refuse(s, "it is read_only and has a compensation; there is nothing to undo");
        if (s.kind != kind::compensatable && has_one)
            refuse(s, "a " + std::string{to_string(s.kind)} +
                          " step has a compensation, which would never run");
    }
    void check_order(const saga_step& s) {
        if (s.kind == kind::pivot && pivot_ != nullptr)
            refuse(s, "it is a second pivot, after \"" + pivot_->name + "\"; there is at most one");
        if (s.kind != kind::retriable && retriable_ != nullptr)
            refuse(s, "it can fail for good, and follows the retriable step \"" + retriable_->name +
                          "\", which cannot be undone");
        if (s.kind == kind::compensatable && pivot_ != nullptr)
            refuse(s, "it can fail for good, and follows the pivot \"" + pivot_->name +
                          "\", which cannot be undone");
        if (s.kind == kind::pivot)
            pivot_ = &s;
        if (s.kind == kind::retriable)
            retriable_ = &s;
    }
    void check_group(const saga_step& s) {
        if (s.parallel_group < 0)
            refuse(s, "parallel_group is " + std::to_string(s.parallel_group) +
                          "; it must not be negative");
        if (s.parallel_group == 0)
            return;
        if (s.kind == kind::pivot)
            refuse(s, "a pivot cannot run in parallel: what runs with it could not be undone");
        const bool goes_on = before_ != nullptr && before_->parallel_group == s.parallel_group;
        if (goes_on && before_->kind != s.kind)
            refuse(s, "its parallel group mixes compensatable and retriable steps");
        if (!goes_on && !groups_.insert(s.parallel_group).second)
            refuse(s, "its parallel group is used elsewhere; the steps of one must be neighbours");
    }

    const saga_definition& definition_;
    const saga_step* before_ = nullptr;
    const saga_step* pivot_ = nullptr;
    const saga_step* retriable_ = nullptr;
    std::set<std::string> names_;
    std::set<int> groups_;
};

} // namespace

std::string_view to_string(saga_step_kind kind) {
    return saga_kind_names.at(static_cast<std::size_t>(kind));
}

void saga_definition::validate() const {
    definition_check{*this}.run();
}

std::string saga_definition::shape() const {
    std::string all;
    for (const auto& s : steps)
        all.append(all.empty() ? "" : ", ")
            .append(s.name)
            .append(" (")
            .append(to_string(s.kind))
            .append(s.compensation.empty() ? "" : ", undone by " + s.compensation)
            .append(s.parallel_group == 0 ? "" : ", group " + std::to_string(s.parallel_group))
            .append(")");
    return all;
}

void saga_options::validate() const {
    constexpr option_check check{"saga"};
    check(attempt_timeout > duration::zero(), "attempt_timeout", attempt_timeout, "be above 0");
    check(max_attempts >= 1, "max_attempts", max_attempts, "be at least 1");
    check(max_persistent_attempts >= 1, "max_persistent_attempts", max_persistent_attempts,
          "be at least 1");
    check(initial_backoff > duration::zero(), "initial_backoff", initial_backoff, "be above 0");
    check(max_backoff >= initial_backoff, "max_backoff", max_backoff,
          "not be below initial_backoff");
    check(jitter >= 0 && jitter <= 1, "jitter", jitter, "be from 0 to 1");
}

} // namespace windtunnel
