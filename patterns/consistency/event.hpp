// SPDX-License-Identifier: BSL-1.0
// What an event store takes and gives. Versions count the events of a stream from 1 (0: there is
// none), positions those of the whole store from 1. `now` of anything durable must go on where it
// was when the process or the machine starts anew, unlike a steady clock: give the time since an
// epoch of yours, such as that of the wall clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/base/time.hpp"

namespace windtunnel {

struct event_data {
    /// Unique in its stream: appending it again changes nothing. Empty: without, and without that.
    std::string id{};
    std::string type{};       ///< not empty
    std::uint32_t schema = 1; ///< of this type's body; upcasters bring old ones up to date
    std::string body{};       ///< any bytes
    std::string metadata{};   ///< any bytes: correlation, cause, who

    friend bool operator==(const event_data&, const event_data&) = default;
};

struct recorded_event {
    std::uint64_t position = 0;
    std::string stream{};
    std::uint64_t version = 0;
    time_point recorded_at{}; ///< never earlier than that of the event before it
    bool erased = false;      ///< of a tombstone's stream: body and metadata are gone
    event_data data{};

    friend bool operator==(const recorded_event&, const recorded_event&) = default;
};

/// What the stream must be for an append to go in.
class expected_version {
  public:
    static expected_version any() { return {kind::any, 0}; }
    static expected_version no_stream() { return {kind::exactly, 0}; }
    static expected_version stream_exists() { return {kind::exists, 0}; }
    static expected_version exactly(std::uint64_t version) { return {kind::exactly, version}; }

    bool admits(std::uint64_t version) const {
        return kind_ == kind::any || (kind_ == kind::exists ? version > 0 : version == version_);
    }

  private:
    enum class kind : std::uint8_t { any, exists, exactly };
    expected_version(kind k, std::uint64_t version) : kind_(k), version_(version) {}

    kind kind_;
    std::uint64_t version_;
};

enum class event_append_status : std::uint8_t {
    appended,
    already_appended, ///< all of these ids are there, one after the other: nothing was changed
    wrong_version,    ///< load anew, decide anew
    id_conflict,      ///< some of these ids are there and some are not, or not in this order
    stream_deleted,   ///< a tombstone ended it for good
};
std::string_view to_string(event_append_status status);

struct event_append {
    event_append_status status = event_append_status::appended;
    std::uint64_t version = 0;  ///< of the stream, now
    std::uint64_t position = 0; ///< of the last of these events; 0 where none is there

    bool ok() const {
        return status == event_append_status::appended ||
               status == event_append_status::already_appended;
    }
};

/// Which events of a stream: both ends belong to it.
struct event_range {
    std::uint64_t first = 1;
    std::uint64_t last = ~std::uint64_t{0};
    std::size_t limit = ~std::size_t{0}; ///< the first so many of them
};

/// A cache of what a stream's events come to: it may be thrown away at any time.
struct event_snapshot {
    std::uint64_t version = 0; ///< after this event
    std::uint32_t schema = 1;  ///< of the state; another one than what is asked for is no snapshot
    std::string state{};       ///< any bytes

    friend bool operator==(const event_snapshot&, const event_snapshot&) = default;
};

} // namespace windtunnel
