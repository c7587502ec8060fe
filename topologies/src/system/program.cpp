// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/program.hpp"

#include <algorithm>
#include <utility>

#include "patterns/base/assert.hpp"

namespace windtunnel::topology {

namespace {

using code = instruction::code;

class compiler {
  public:
    compiler(std::string name, std::uint64_t seed, const std::vector<std::string>& records,
             std::vector<const call_step*>& sites)
        : name_(std::move(name)), seed_(seed), records_(records), sites_(sites) {}

    program compile(const endpoint_spec& endpoint) {
        if (endpoint.work)
            emit({.what = code::work, .index = add_amount(*endpoint.work)});
        if (endpoint.error_share > 0)
            emit({.what = code::fail, .index = add_chance(endpoint.error_share)});
        add(endpoint.steps);
        if (endpoint.destination)
            add(*endpoint.destination);
        result_.all = {0, here()};
        // Branches stand behind; compiling one may find more.
        for (std::size_t i = 0; i < pending_.size(); ++i)
            add_branches(pending_[i].first, *pending_[i].second);
        return std::move(result_);
    }

  private:
    std::uint32_t here() const { return static_cast<std::uint32_t>(result_.code.size()); }
    std::uint32_t emit(const instruction& i) {
        result_.code.push_back(i);
        return here() - 1;
    }
    std::uint32_t add_amount(const sim::distribution& time) {
        const auto index = static_cast<std::uint32_t>(result_.amounts.size());
        result_.amounts.push_back({time, {seed_, name_ + "/time " + std::to_string(index)}});
        return index;
    }
    std::uint32_t add_chance(double share) {
        const auto index = static_cast<std::uint32_t>(result_.chances.size());
        result_.chances.push_back({share, {seed_, name_ + "/chance " + std::to_string(index)}});
        return index;
    }

    /// What is published waits for its disk first.
    void add(const destination_spec& destination) {
        const auto* queue = std::get_if<message_queue_spec>(&destination);
        if (queue != nullptr && queue->sync)
            emit({.what = code::sleep, .index = add_amount(*queue->sync)});
        emit({.what = code::publish});
    }
    void add(const steps_spec& steps) {
        for (const step_spec& step : steps)
            std::visit([&](const auto& s) { add(s); }, step.what);
    }
    void add(const call_step& step) {
        sites_.push_back(&step);
        emit({.what = code::call, .index = static_cast<std::uint32_t>(sites_.size() - 1)});
    }
    void add(const work_step& step) {
        emit({.what = code::work, .index = add_amount(step.amount)});
    }
    void add(const sleep_step& step) {
        emit({.what = code::sleep, .index = add_amount(step.time)});
    }
    void add(const read_record_step& step) {
        emit({.what = code::read, .index = index_of(step.record)});
    }
    void add(const write_record_step& step) {
        emit({.what = code::write,
              .index = index_of(step.record),
              .count = step.if_unchanged ? step.conflict : std::uint32_t{0}});
    }
    void add(const authenticate_step& step) {
        if (step.work)
            emit({.what = code::work, .index = add_amount(*step.work)});
        emit({.what = code::check, .index = add_to(result_.checks, step)});
    }
    void add(const limit_step& step) {
        emit({.what = code::limit, .index = add_to(result_.limits, step)});
    }
    void add(const forward_step&) { emit({.what = code::forward}); }
    void add(const mirror_step& step) {
        sites_.push_back(&step.copy);
        emit({.what = code::mirror,
              .index = static_cast<std::uint32_t>(sites_.size() - 1),
              .count = add_to(result_.mirrors, step)});
    }
    template <class Step>
    static std::uint32_t add_to(std::vector<const Step*>& all, const Step& step) {
        all.push_back(&step);
        return static_cast<std::uint32_t>(all.size() - 1);
    }
    std::uint32_t index_of(const std::string& record) const {
        const auto found = std::find(records_.begin(), records_.end(), record);
        WINDTUNNEL_ASSERT(found != records_.end()); // the loader checked it
        return static_cast<std::uint32_t>(found - records_.begin());
    }
    void add(const parallel_step& step) {
        const auto index = static_cast<std::uint32_t>(result_.parallels.size());
        const int all = static_cast<int>(step.branches.size()) * step.times;
        result_.parallels.push_back({step.need == 0 ? all : step.need, {}});
        emit({.what = code::parallel, .index = index});
        pending_.emplace_back(index, &step);
    }
    void add(const repeat_step& step) {
        WINDTUNNEL_ASSERT(depth_ < program::max_loops);
        const auto slot = static_cast<std::uint8_t>(depth_++);
        const auto begin = emit({.what = code::loop_begin,
                                 .slot = slot,
                                 .count = static_cast<std::uint32_t>(step.times)});
        add(step.body);
        emit({.what = code::loop_end, .slot = slot, .target = begin + 1});
        result_.code[begin].target = here();
        --depth_;
    }
    void add(const probability_step& step) {
        const auto chance = emit({.what = code::chance, .index = add_chance(step.share)});
        add(step.body);
        if (step.otherwise.empty()) {
            result_.code[chance].target = here();
            return;
        }
        const auto jump = emit({.what = code::jump});
        result_.code[chance].target = here();
        add(step.otherwise);
        result_.code[jump].target = here();
    }
    void add_branches(std::uint32_t index, const parallel_step& step) {
        depth_ = 0;
        for (const steps_spec& branch : step.branches) {
            const auto begin = here();
            add(branch);
            const program::range made{begin, here()};
            auto& branches = result_.parallels[index].branches;
            branches.insert(branches.end(), static_cast<std::size_t>(step.times), made);
        }
    }

    std::string name_;
    std::uint64_t seed_;
    const std::vector<std::string>& records_;
    std::vector<const call_step*>& sites_;
    program result_;
    std::vector<std::pair<std::uint32_t, const parallel_step*>> pending_;
    std::size_t depth_ = 0;
};

} // namespace

program compile(const endpoint_spec& endpoint, const std::string& name, std::uint64_t seed,
                const std::vector<std::string>& records, std::vector<const call_step*>& sites) {
    return compiler(name, seed, records, sites).compile(endpoint);
}

} // namespace windtunnel::topology
