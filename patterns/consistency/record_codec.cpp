// SPDX-License-Identifier: BSL-1.0
#include "patterns/consistency/record_codec.hpp"

namespace windtunnel {

namespace {

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63U;

void add_big_endian(std::string& out, std::uint64_t n) {
    for (int shift = 56; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(n >> static_cast<unsigned>(shift) & 0xFFU));
}

std::uint64_t take_big_endian(std::string_view& rest) {
    if (rest.size() < 8)
        throw storage_error(storage_failure::corrupt, "a record is cut off");
    std::uint64_t n = 0;
    for (const char c : rest.substr(0, 8))
        n = n << 8U | static_cast<unsigned char>(c);
    rest.remove_prefix(8);
    return n;
}

} // namespace

storage_key& storage_key::text(std::string_view part) {
    for (const char c : part) { // 0 becomes 0 255, so that 0 0 ends the part and sorts first
        out_.push_back(c);
        if (c == '\0')
            out_.push_back('\xFF');
    }
    out_.append(2, '\0');
    return *this;
}

storage_key& storage_key::number(std::uint64_t part) {
    add_big_endian(out_, part);
    return *this;
}

storage_key& storage_key::time(time_point part) {
    return number(static_cast<std::uint64_t>(part.time_since_epoch().count()) ^ sign_bit);
}

key_range storage_key::prefix() const {
    std::string to = out_;
    while (!to.empty() && to.back() == '\xFF')
        to.pop_back();
    if (!to.empty())
        to.back() = static_cast<char>(static_cast<unsigned char>(to.back()) + 1U);
    return {out_, std::move(to)};
}

std::string storage_key_reader::text() {
    std::string part;
    for (std::size_t i = 0; i + 1 < rest_.size(); ++i) {
        if (rest_[i] != '\0') {
            part.push_back(rest_[i]);
        } else if (rest_[i + 1] == '\0') {
            rest_.remove_prefix(i + 2);
            return part;
        } else {
            part.push_back('\0');
            ++i;
        }
    }
    throw storage_error(storage_failure::corrupt, "a key is cut off");
}

std::uint64_t storage_key_reader::number() {
    return take_big_endian(rest_);
}

time_point storage_key_reader::time() {
    return time_point{duration{static_cast<std::int64_t>(number() ^ sign_bit)}};
}

record_writer& record_writer::text(std::string_view field) {
    number(field.size());
    out_.append(field);
    return *this;
}

record_writer& record_writer::number(std::uint64_t field) {
    for (; field >= 0x80U; field >>= 7U)
        out_.push_back(static_cast<char>((field & 0x7FU) | 0x80U));
    out_.push_back(static_cast<char>(field));
    return *this;
}

std::string record_reader::text() {
    const std::uint64_t size = number();
    if (size > rest_.size())
        throw storage_error(storage_failure::corrupt, "a record is cut off");
    std::string field{rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return field;
}

std::uint64_t record_reader::number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        n |= std::uint64_t{byte & 0x7FU} << shift;
        if (byte < 0x80U)
            return n;
    }
    throw storage_error(storage_failure::corrupt, "a record is cut off");
}

} // namespace windtunnel
