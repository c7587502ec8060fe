// SPDX-License-Identifier: BSL-1.0
// operator new for programs that simulate: operations and handlers are allocated and freed a
// few times a request, and lists of free blocks, one for each size class and thread, make that
// cheaper than a general allocator. Linked into programs only (windtunnel::pooled-new), never into
// a library. Blocks keep their class when another thread frees them. Left out under sanitizers.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t grain = 64;
constexpr std::size_t largest = 4096;
constexpr std::size_t class_count = largest / grain;
constexpr std::size_t slab_size = std::size_t{256} * 1024;

/// In front of each block, so that an unsized delete finds its class too; keeps 16-byte alignment.
struct alignas(alignof(std::max_align_t)) header {
    std::size_t size_class; ///< class_count: a block of malloc's
};

struct free_block {
    free_block* next;
};

struct thread_lists {
    std::array<free_block*, class_count> free{};
    std::byte* unused = nullptr;
    std::size_t left = 0;
};
thread_local constinit thread_lists lists;

void* from_malloc(std::size_t bytes) {
    auto* block = static_cast<header*>(std::malloc(bytes + sizeof(header)));
    if (block == nullptr)
        throw std::bad_alloc();
    block->size_class = class_count;
    return block + 1;
}

void* carve(std::size_t index) {
    const std::size_t bytes = (index + 1) * grain + sizeof(header);
    if (lists.left < bytes) {
        lists.unused = static_cast<std::byte*>(std::malloc(slab_size));
        if (lists.unused == nullptr)
            throw std::bad_alloc();
        lists.left = slab_size;
    }
    auto* block = new (lists.unused) header{index};
    lists.unused += bytes;
    lists.left -= bytes;
    return block + 1;
}

void* pooled(std::size_t bytes) {
    if (bytes > largest)
        return from_malloc(bytes);
    const std::size_t index = bytes == 0 ? 0 : (bytes - 1) / grain;
    free_block* block = lists.free[index];
    if (block == nullptr)
        return carve(index);
    lists.free[index] = block->next;
    return block;
}

void release(void* pointer) noexcept {
    if (pointer == nullptr)
        return;
    header* block = static_cast<header*>(pointer) - 1;
    if (block->size_class == class_count)
        return std::free(block);
    const std::size_t index = block->size_class;
    lists.free[index] = new (pointer) free_block{lists.free[index]};
}

} // namespace

void* operator new(std::size_t bytes) {
    return pooled(bytes);
}
void* operator new[](std::size_t bytes) {
    return pooled(bytes);
}
void operator delete(void* pointer) noexcept {
    release(pointer);
}
void operator delete[](void* pointer) noexcept {
    release(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
    release(pointer);
}
void operator delete[](void* pointer, std::size_t) noexcept {
    release(pointer);
}
