// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/memory_pool.hpp"

namespace windtunnel::sim {

void* memory_pool::carve(std::size_t index) {
    const std::size_t bytes = (index + 1) * grain;
    if (left_ < bytes) {
        std::size_t room = slab_size + grain;
        slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(room));
        void* begin = slabs_.back().get();
        unused_ = static_cast<std::byte*>(std::align(grain, slab_size, begin, room));
        left_ = slab_size;
    }
    void* block = unused_;
    unused_ += bytes;
    left_ -= bytes;
    return block;
}

} // namespace windtunnel::sim
