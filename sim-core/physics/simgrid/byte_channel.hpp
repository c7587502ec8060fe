// SPDX-License-Identifier: BSL-1.0
// Bytes between processes: owned file descriptors, whole writes and reads (interrupted and partial
// ones are continued), frames of a kind and a length, and descriptors handed to another process. A
// closed other end is a value, never a signal; whatever else goes wrong is std::system_error.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace windtunnel::sim {

class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int number) : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() { close(); }

    int get() const { return number_; }
    void close() noexcept;

  private:
    int number_ = -1;
};

/// Two connected ends, closed on exec.
std::array<descriptor, 2> connected_streams();
/// The same, keeping the bounds of messages: for descriptors.
std::array<descriptor, 2> connected_packets();
/// A nameless file in memory.
descriptor memory_file();

/// False when the other end is gone.
bool write_all(int socket, std::string_view bytes);
/// False when the other end is gone before all was there.
bool read_all(int socket, char* to, std::size_t size);

struct frame {
    char kind = 0;
    std::string bytes;
};
bool write_frame(int socket, char kind, std::string_view bytes);
/// Nothing when the other end is gone before the frame was whole.
std::optional<frame> read_frame(int socket);

using descriptor_pair = std::array<descriptor, 2>;
bool send_descriptors(int packets, const descriptor_pair& both);
/// Nothing when the other end is gone.
std::optional<descriptor_pair> receive_descriptors(int packets);

} // namespace windtunnel::sim
