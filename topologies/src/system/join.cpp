// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/join.hpp"

#include "topologies/src/system/replica.hpp"
#include "topologies/src/system/system_core.hpp"

namespace windtunnel::topology {

join::join(system_core& core, execution& parent, const program::parallel& step)
    : core_(core), parent_(parent), step_(step) {
    branches_.reserve(step.branches.size());
}

join::~join() {
    for (execution*& branch : branches_)
        if (branch != nullptr)
            free(branch);
}

void join::free(execution*& branch) {
    execution* gone = std::exchange(branch, nullptr);
    gone->~execution();
    core_.environment.deallocate(gone, sizeof(execution));
}

bool join::start() {
    busy_ = true;
    for (const program::range& range : step_.branches) {
        if (decided())
            break;
        void* block = core_.environment.allocate(sizeof(execution));
        auto* branch = new (block) execution(replica::events);
        branch->of = parent_.of;
        branch->parent = this;
        branch->code = range;
        branch->priority = parent_.priority;
        branch->walking = true;
        branches_.push_back(branch);
        ++running_;
        parent_.of->at.walk(*branch); // may end, and be freed, in here
    }
    if (decided())
        cancel_rest();
    busy_ = false;
    return running_ > 0;
}

void join::cancel() {
    busy_ = true;
    cancel_rest();
    busy_ = false;
    tell_parent();
}

/// A branch that ends leaves its place empty.
void join::cancel_rest() {
    for (std::size_t i = 0; i < branches_.size(); ++i)
        if (branches_[i] != nullptr)
            parent_.of->at.cancel(*branches_[i]);
}

/// The parent goes on, and this is gone.
void join::tell_parent() {
    if (running_ == 0)
        parent_.of->at.branches_ended(parent_);
}

bool join::decided() const {
    const int all = static_cast<int>(step_.branches.size());
    return succeeded_ >= step_.need || failed_ > all - step_.need;
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
        tell_parent();
}

} // namespace windtunnel::topology
