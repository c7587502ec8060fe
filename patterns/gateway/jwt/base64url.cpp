// SPDX-License-Identifier: BSL-1.0
#include "patterns/gateway/jwt/base64url.hpp"

#include <cstdint>

namespace windtunnel {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

} // namespace

std::string to_base64url(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6)
            text.push_back(alphabet[(bits >> (held - 6)) & 63]);
    }
    if (held > 0)
        text.push_back(alphabet[(bits << (6 - held)) & 63]);
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos)
            return std::nullopt;
        bits = (bits << 6) | static_cast<std::uint32_t>(digit);
        if (held += 6; held >= 8) {
            held -= 8;
            bytes.push_back(static_cast<char>((bits >> held) & 255));
        }
    }
    const bool stray = held == 6 || (bits & ((1U << held) - 1)) != 0;
    return stray ? std::nullopt : std::optional{std::move(bytes)};
}

} // namespace windtunnel
