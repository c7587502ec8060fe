// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/byte_channel.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace windtunnel::sim {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

std::array<descriptor, 2> connected(int type) {
    int ends[2];
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0)
        fail("making a pair of sockets");
    return {descriptor(ends[0]), descriptor(ends[1])};
}

bool is_gone(int error) {
    return error == EPIPE || error == ECONNRESET;
}

/// A message of one byte with room for two descriptors.
class envelope {
  public:
    envelope() {
        message_.msg_iov = &part_;
        message_.msg_iovlen = 1;
        message_.msg_control = control_;
        message_.msg_controllen = sizeof control_;
    }
    msghdr& header() { return message_; }
    void put(const std::array<int, 2>& numbers) {
        cmsghdr* control = CMSG_FIRSTHDR(&message_);
        control->cmsg_level = SOL_SOCKET;
        control->cmsg_type = SCM_RIGHTS;
        control->cmsg_len = CMSG_LEN(sizeof numbers);
        std::memcpy(CMSG_DATA(control), numbers.data(), sizeof numbers);
    }
    std::optional<std::array<int, 2>> take() {
        const cmsghdr* control = CMSG_FIRSTHDR(&message_);
        std::array<int, 2> numbers{};
        if (control == nullptr || control->cmsg_len != CMSG_LEN(sizeof numbers))
            return std::nullopt;
        std::memcpy(numbers.data(), CMSG_DATA(control), sizeof numbers);
        return numbers;
    }

  private:
    char byte_ = 0;
    iovec part_{&byte_, 1};
    alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(std::array<int, 2>))] = {};
    msghdr message_{};
};

} // namespace

void descriptor::close() noexcept {
    if (number_ >= 0)
        ::close(number_);
    number_ = -1;
}

std::array<descriptor, 2> connected_streams() {
    return connected(SOCK_STREAM);
}

std::array<descriptor, 2> connected_packets() {
    return connected(SOCK_SEQPACKET);
}

descriptor memory_file() {
    const int number = memfd_create("log", MFD_CLOEXEC);
    if (number < 0)
        fail("making a file in memory");
    return descriptor(number);
}

bool write_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (is_gone(errno))
            return false;
        else if (errno != EINTR)
            fail("writing to another process");
    }
    return true;
}

bool read_all(int socket, char* to, std::size_t size) {
    while (size > 0) {
        const ssize_t got = recv(socket, to, size, 0);
        if (got == 0 || (got < 0 && is_gone(errno)))
            return false;
        if (got < 0 && errno != EINTR)
            fail("reading from another process");
        if (got > 0) {
            to += got;
            size -= static_cast<std::size_t>(got);
        }
    }
    return true;
}

bool write_frame(int socket, char kind, std::string_view bytes) {
    const std::uint64_t length = bytes.size();
    char header[1 + sizeof length] = {kind};
    std::memcpy(header + 1, &length, sizeof length);
    return write_all(socket, {header, sizeof header}) && write_all(socket, bytes);
}

std::optional<frame> read_frame(int socket) {
    std::uint64_t length = 0;
    char header[1 + sizeof length];
    if (!read_all(socket, header, sizeof header))
        return std::nullopt;
    std::memcpy(&length, header + 1, sizeof length);
    frame result{header[0], std::string(length, '\0')};
    if (!read_all(socket, result.bytes.data(), result.bytes.size()))
        return std::nullopt;
    return result;
}

bool send_descriptors(int packets, const descriptor_pair& both) {
    envelope letter;
    letter.put({both[0].get(), both[1].get()});
    for (;;) {
        if (sendmsg(packets, &letter.header(), MSG_NOSIGNAL) >= 0)
            return true;
        if (is_gone(errno))
            return false;
        if (errno != EINTR)
            fail("handing descriptors to another process");
    }
}

std::optional<descriptor_pair> receive_descriptors(int packets) {
    for (;;) {
        envelope letter;
        const ssize_t got = recvmsg(packets, &letter.header(), MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR)
            continue;
        const auto numbers = got > 0 ? letter.take() : std::nullopt;
        if (!numbers)
            return std::nullopt;
        return descriptor_pair{descriptor((*numbers)[0]), descriptor((*numbers)[1])};
    }
}

} // namespace windtunnel::sim
