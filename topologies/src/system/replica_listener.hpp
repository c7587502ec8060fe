// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace windtunnel::topology {

class replica;

/// Hears of the crashes of replicas that it listens to, in the middle of them.
class replica_listener {
  public:
    virtual void replica_crashed(replica& r) = 0;
    virtual void replica_restarted(replica& r) = 0;

  protected:
    ~replica_listener() = default;
};

} // namespace windtunnel::topology
