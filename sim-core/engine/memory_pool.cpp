// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/memory_pool.hpp"

namespace windtunnel::sim {

void* memory_pool::carve(std::size_t index) {
    const std::size_t bytes = (index + 1) * grain;
    if (left_ < bytes) {
        slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(slab_size));
        unused_ = slabs_.back().get();
        left_ = slab_size;
    }
    void* block = unused_;
    unused_ += bytes;
    left_ -= bytes;
    return block;
}

} // namespace windtunnel::sim
