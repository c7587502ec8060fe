// SPDX-License-Identifier: BSL-1.0
// A bulkhead whose room is shared out: each partition (a tenant, a kind of request) has so many
// slots of its own, which are always free for it, and may use what nobody uses besides, while all
// together are below the whole (Netflix's partitioned limiter). So a partition that floods leaves
// the others theirs, and nothing is idle while somebody asks. Nobody waits. Invariant: a partition
// below its own is never refused, so all together exceed the whole by at most what partitions have
// of their own and others were using. Never locks; allocates in the constructor only.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace windtunnel {

class partitioned_bulkhead {
  public:
    /// One slot. False when refused. The destructor gives it back.
    class [[nodiscard]] permit {
      public:
        permit() = default;
        permit(permit&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), partition_(other.partition_) {}
        permit& operator=(permit&& other) noexcept {
            permit old(std::move(*this));
            owner_ = std::exchange(other.owner_, nullptr);
            partition_ = other.partition_;
            return *this;
        }
        ~permit() { release(); }

        explicit operator bool() const { return owner_ != nullptr; }
        void release() noexcept; ///< harmless when done

      private:
        friend class partitioned_bulkhead;
        permit(partitioned_bulkhead* owner, std::size_t p) : owner_(owner), partition_(p) {}

        partitioned_bulkhead* owner_ = nullptr;
        std::size_t partition_ = 0;
    };

    /// `shares`: of the whole, for each partition, 0 to 1 and together at most 1, rounded up to
    /// slots; one of at least 1 slot, also where the share is 0. Throws std::invalid_argument.
    partitioned_bulkhead(int max_concurrent, std::span<const double> shares);
    partitioned_bulkhead(const partitioned_bulkhead&) = delete;
    partitioned_bulkhead& operator=(const partitioned_bulkhead&) = delete;
    ~partitioned_bulkhead();

    permit try_acquire(std::size_t partition);
    /// From now on; what is under way ends by itself.
    void resize(int max_concurrent);

    std::size_t partitions() const { return partitions_.size(); }
    int in_use() const { return in_use_; }
    int in_use(std::size_t partition) const { return partitions_[partition].in_use; }
    int own(std::size_t partition) const { return partitions_[partition].own; }
    int max_concurrent() const { return max_concurrent_; }

  private:
    struct compartment {
        double share = 0;
        int own = 0, in_use = 0;
    };
    std::vector<compartment> partitions_;
    int max_concurrent_ = 0, in_use_ = 0;
};

} // namespace windtunnel
