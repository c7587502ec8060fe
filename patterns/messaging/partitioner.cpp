// SPDX-License-Identifier: BSL-1.0
#include "patterns/messaging/partitioner.hpp"

#include "patterns/base/assert.hpp"
#include "patterns/discovery/stable_hash.hpp"
#include "patterns/resilience/option_check.hpp"

namespace windtunnel {

namespace {

constexpr std::uint64_t framing = 61 + 9;

} // namespace

void partitioner_options::validate() const {
    constexpr option_check check{"partitioner"};
    check(partitions >= 1, "partitions", partitions, "be at least 1");
    check(sticky_bytes >= 1, "sticky_bytes", static_cast<double>(sticky_bytes), "be at least 1");
}

int partition_of_key(std::string_view key, int partitions) {
    WINDTUNNEL_ASSERT(partitions >= 1);
    return static_cast<int>(stable_hash(key) % static_cast<std::uint64_t>(partitions));
}

partitioner::partitioner(const partitioner_options& options, int first) : options_(options) {
    options.validate();
    WINDTUNNEL_ASSERT(first >= 0);
    current_ = first % options.partitions;
}

int partitioner::partition_of(const log_record& record) {
    if (!record.key.empty())
        return partition_of_key(record.key, options_.partitions);
    const int chosen = current_;
    filled_ += framing + size_of(record);
    if (options_.without_key == keyless_partitioning::round_robin ||
        filled_ >= options_.sticky_bytes) {
        current_ = next();
        filled_ = 0;
    }
    return chosen;
}

} // namespace windtunnel
