// SPDX-License-Identifier: BSL-1.0
// The branches of one parallel step, started together; when enough of them have succeeded, or
// enough have failed that this is impossible, the rest is cancelled. All are joined.
#pragma once

#include <cstddef>
#include <vector>

#include "topologies/src/system/exchange.hpp"

namespace windtunnel::topology {

class system_core;

class join {
  public:
    /// Owned by `parent`, which waits until nothing is running any more.
    join(system_core& core, execution& parent, const program::parallel& step);
    join(const join&) = delete;
    join& operator=(const join&) = delete;
    ~join();

    bool start();  ///< false: all have ended already
    void cancel(); ///< all that runs; this may be gone afterwards
    void ended(execution& branch);
    bool succeeded() const { return succeeded_ >= step_.need; }
    const failure& why() const { return why_; } ///< the first failure

  private:
    bool decided() const;
    void cancel_rest();
    void free(execution*& branch);
    void tell_parent();

    system_core& core_;
    execution& parent_;
    const program::parallel& step_;
    std::vector<execution*> branches_; ///< nullptr: ended
    int running_ = 0, succeeded_ = 0, failed_ = 0;
    bool busy_ = false; ///< starting or cancelling: the parent is told afterwards
    failure why_{.kind = failure_kind::cancelled};
};

} // namespace windtunnel::topology
