// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/join.hpp"

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

join::join(system_core& core, execution& parent, const program::parallel& step)
    : core_(core), parent_(parent), step_(step) {
    parent_.joining = this;
    branches_.reserve(step.branches.size());
}

join::~join() {
    parent_.joining = nullptr;
    for (execution*& branch : branches_)
        if (branch != nullptr)
            free(branch);
}

void join::free(execution*& branch) {
    execution* gone = std::exchange(branch, nullptr);
    gone->~execution();
    core_.environment.deallocate(gone, sizeof(execution));
}

void join::start() {
    busy_ = true;
    for (const program::range& range : step_.branches) {
        if (decided())
            break;
        void* block = core_.environment.allocate(sizeof(execution));
        auto* branch = new (block) execution(&replica::run, replica::events);
        branch->of = parent_.of;
        branch->parent = this;
        branch->code = range;
        branch->priority = parent_.priority;
        branch->ended = &join::branch_ended;
        branches_.push_back(branch);
        ++running_;
        core_.environment.runners().start(*branch); // may end, and be freed, in here
    }
    busy_ = false;
    if (decided())
        cancel();
}

void join::cancel() {
    busy_ = true;
    for (std::size_t i = 0; i < branches_.size(); ++i) // a branch that ends leaves its place empty
        if (branches_[i] != nullptr && branches_[i]->on != nullptr)
            branches_[i]->on->cancel();
    busy_ = false;
    wake_parent();
}

/// The parent goes on, and this is gone.
void join::wake_parent() {
    if (running_ == 0 && parent_.waiting != nullptr)
        resume(std::exchange(parent_.waiting, nullptr));
}

bool join::decided() const {
    const int all = static_cast<int>(step_.branches.size());
    return succeeded_ >= step_.need || failed_ > all - step_.need;
}

void join::branch_ended(runner_job& j) {
    auto& branch = static_cast<execution&>(j);
    branch.parent->ended(branch);
}

void join::ended(execution& branch) {
    const bool was_decided = decided();
    if (!branch.ok && failed_ == 0 && !was_decided)
        why_ = branch.why;
    ++(branch.ok ? succeeded_ : failed_);
    --running_;
    for (execution*& mine : branches_)
        if (mine == &branch)
            free(mine);
    if (busy_)
        return;
    if (!was_decided && decided())
        cancel();
    else
        wake_parent();
}

} // namespace windtunnel::topology
