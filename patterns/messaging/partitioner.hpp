// SPDX-License-Identifier: BSL-1.0
// Which partition a producer sends a record to. With a key: stable_hash(key) modulo the number of
// partitions, so that a key's records keep their order (Kafka does the same with murmur2, so the
// partitions differ from its); another number of partitions sends keys elsewhere. Without one:
// sticky stays with one partition for a batch's bytes, then takes the next, so that batches fill
// (KIP-794, where the next one is random); round robin takes the next one each time. Here a record
// counts with its framing, too, as if it were alone in its batch: 61 bytes of the batch's header
// and at least 9 of the record (Kafka's message format 2), so that records without a body move on.
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "patterns/messaging/log_record.hpp"

namespace windtunnel {

enum class keyless_partitioning : std::uint8_t { sticky, round_robin };

struct partitioner_options {
    int partitions = 1;                                              ///< at least 1
    keyless_partitioning without_key = keyless_partitioning::sticky; ///< Kafka, since 2.4
    std::uint64_t sticky_bytes = 16384; ///< at least 1; Kafka: batch.size

    /// Throws std::invalid_argument naming option, value and rule.
    void validate() const;

    friend bool operator==(const partitioner_options&, const partitioner_options&) = default;
};
static_assert(std::is_aggregate_v<partitioner_options> &&
              std::is_trivially_copyable_v<partitioner_options>);

/// Of all producers alike; `partitions` is at least 1.
int partition_of_key(std::string_view key, int partitions);

/// A value; not thread-safe.
class partitioner {
  public:
    /// Begins at partition `first` modulo their number: give each producer another.
    explicit partitioner(const partitioner_options& options, int first = 0);

    int partition_of(const log_record& record);

  private:
    int next() const { return (current_ + 1) % options_.partitions; }

    partitioner_options options_;
    int current_;
    std::uint64_t filled_ = 0; ///< bytes that went to the current one
};

} // namespace windtunnel
