// SPDX-License-Identifier: BSL-1.0
// The branches of one parallel step: started together, each on a runner; when enough of them have
// succeeded, or enough have failed that this is impossible, the rest is cancelled. All are joined.
#pragma once

#include <cstddef>
#include <vector>

#include "topologies/src/system/exchange.hpp"

namespace windtunnel::topology {

class system_core;

class join {
  public:
    /// Lives in the frame of `parent`, which waits until nothing is running any more.
    join(system_core& core, execution& parent, const program::parallel& step);
    join(const join&) = delete;
    join& operator=(const join&) = delete;
    ~join();

    void start();
    void cancel(); ///< all that runs
    int running() const { return running_; }
    bool succeeded() const { return succeeded_ >= step_.need; }
    const failure& why() const { return why_; } ///< the first failure

  private:
    static void branch_ended(runner_job& j);
    void ended(execution& branch);
    bool decided() const;
    void free(execution*& branch);
    void wake_parent();

    system_core& core_;
    execution& parent_;
    const program::parallel& step_;
    std::vector<execution*> branches_; ///< nullptr: ended
    int running_ = 0, succeeded_ = 0, failed_ = 0;
    bool busy_ = false; ///< starting or cancelling: the parent is woken afterwards
    failure why_{.kind = failure_kind::cancelled};
};

} // namespace windtunnel::topology
