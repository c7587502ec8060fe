// SPDX-License-Identifier: BSL-1.0
// Blocks for the short-lived objects of a simulation: size classes of 64 bytes, a cache line,
// carved out of slabs, freed blocks reused last in, first out. Larger blocks come from the heap.
// Memory goes back to the system when the pool dies. Under AddressSanitizer every block comes from
// the heap, so that a use after free is seen. Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace windtunnel::sim {

class memory_pool {
  public:
    memory_pool() = default;
    memory_pool(const memory_pool&) = delete;
    memory_pool& operator=(const memory_pool&) = delete;

    void* allocate(std::size_t bytes) {
        const std::size_t index = class_of(bytes);
        if (!pooled || index >= class_count)
            return ::operator new(bytes);
        if (free_block* block = free_[index]) {
            free_[index] = block->next;
            return block;
        }
        return carve(index);
    }

    void deallocate(void* block, std::size_t bytes) {
        const std::size_t index = class_of(bytes);
        if (!pooled || index >= class_count)
            return ::operator delete(block, bytes);
        free_[index] = new (block) free_block{free_[index]};
    }

    /// Bytes taken from the system for slabs.
    std::size_t reserved() const { return slabs_.size() * slab_size; }

  private:
#if defined(__SANITIZE_ADDRESS__)
    static constexpr bool pooled = false;
#else
    static constexpr bool pooled = true;
#endif
    struct free_block {
        free_block* next;
    };
    static constexpr std::size_t grain = 64;
    static constexpr std::size_t class_count = 32;
    static constexpr std::size_t slab_size = std::size_t{64} * 1024;

    static constexpr std::size_t class_of(std::size_t bytes) {
        return bytes == 0 ? 0 : (bytes - 1) / grain;
    }
    void* carve(std::size_t index);

    std::array<free_block*, class_count> free_{};
    std::vector<std::unique_ptr<std::byte[]>> slabs_;
    std::byte* unused_ = nullptr;
    std::size_t left_ = 0;
};

} // namespace windtunnel::sim
