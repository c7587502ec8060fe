// SPDX-License-Identifier: BSL-1.0
// How keys and values are put into bytes. Keys: their order as bytes is the order of what they are
// made of, part by part. Values: read back in the order in which they were written; what does not
// fit is storage_failure::corrupt, never undefined.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "patterns/base/time.hpp"
#include "patterns/consistency/storage.hpp"

namespace windtunnel {

/// storage_key{}.text("account-1").number(7).take()
class storage_key {
  public:
    storage_key& text(std::string_view part); ///< any bytes; none is a prefix of another
    storage_key& number(std::uint64_t part);  ///< 8 bytes, big-endian
    storage_key& time(time_point part);       ///< earlier ones first
    std::string take() { return std::move(out_); }
    /// Everything that begins with what is written.
    key_range prefix() const;

  private:
    std::string out_;
};

/// Reads what storage_key wrote.
class storage_key_reader {
  public:
    explicit storage_key_reader(std::string_view key) : rest_(key) {}
    std::string text();
    std::uint64_t number();
    time_point time();

  private:
    std::string_view rest_;
};

class record_writer {
  public:
    record_writer& text(std::string_view field);
    record_writer& number(std::uint64_t field);
    record_writer& time(time_point field) {
        return number(static_cast<std::uint64_t>(field.time_since_epoch().count()));
    }
    std::string take() { return std::move(out_); }

  private:
    std::string out_;
};

class record_reader {
  public:
    explicit record_reader(std::string_view record) : rest_(record) {}
    std::string text();
    std::uint64_t number();
    time_point time() { return time_point{duration{static_cast<std::int64_t>(number())}}; }
    bool at_end() const { return rest_.empty(); }

  private:
    std::string_view rest_;
};

} // namespace windtunnel
