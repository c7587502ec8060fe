// SPDX-License-Identifier: BSL-1.0
// In place of pooled_new.cpp under sanitizers, which watch the allocator of the system.
