// SPDX-License-Identifier: BSL-1.0
// What belongs to a record of a topic and is not in the log: who waits for its acceptance, and the
// journey that it is part of. It is kept until its producer is done with it and each group has
// worked on it; a record that is read again later has none any more. Found by the record's word.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "patterns/base/transport.hpp"
#include "patterns/messaging/log_record.hpp"
#include "topologies/src/system/journeys.hpp"

namespace windtunnel::topology {

class record_luggage {
  public:
    struct piece {
        pending_call* caller = nullptr; ///< nullptr: nobody waits (any more)
        journeys::id journey = 0;
        std::uint32_t generation = 0;
        std::uint32_t groups = 0; ///< that have not worked on it
        bool producing = false;
        std::int64_t producer = 0;
        int partition = nowhere; ///< of the log that it is in, or nowhere
        log_offset offset = 0;
        bool cut_off = false; ///< it was in a log, and is not any more
    };

    static constexpr int nowhere = -1;

    /// The word of a new record.
    std::uint64_t stow(pending_call& caller, journeys::id journey, std::uint32_t groups,
                       std::int64_t producer) {
        if (free_.empty()) {
            free_.push_back(static_cast<std::uint32_t>(pieces_.size()));
            pieces_.emplace_back();
        }
        const std::uint32_t place = free_.back();
        free_.pop_back();
        piece& p = pieces_[place];
        p = {.caller = &caller,
             .journey = journey,
             .generation = p.generation + 1,
             .groups = groups,
             .producing = true,
             .producer = producer};
        return word_of(place);
    }
    /// What the producer is not done with: looks at all there is.
    std::vector<std::uint64_t> of(std::int64_t producer) const {
        std::vector<std::uint64_t> words;
        for (std::uint32_t i = 0; i < pieces_.size(); ++i)
            if (pieces_[i].producing && pieces_[i].producer == producer)
                words.push_back(word_of(i));
        return words;
    }
    /// Of what was in that partition from `begin` up to `end`, and is not any more: those that
    /// nobody will append again. Looks at all there is.
    std::vector<std::uint64_t> cut_off(int partition, log_offset begin, log_offset end) {
        std::vector<std::uint64_t> words;
        for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
            piece& p = pieces_[i];
            if (!is_kept(p) || p.partition != partition || p.offset < begin || p.offset >= end)
                continue;
            p.partition = nowhere;
            p.cut_off = true;
            if (!p.producing)
                words.push_back(word_of(i));
        }
        return words;
    }
    /// nullptr: there is nothing left of it.
    piece* find(std::uint64_t word) {
        if (word == 0)
            return nullptr;
        piece& p = pieces_[static_cast<std::uint32_t>(word) - 1];
        return is_kept(p) && p.generation == word >> place_bits ? &p : nullptr;
    }
    /// Everything is being taken down: who waits for a record is dropped.
    void drop_callers() {
        for (piece& p : pieces_)
            if (pending_call* caller = p.producing ? std::exchange(p.caller, nullptr) : nullptr)
                caller->drop();
    }
    void produced(piece& p) {
        p.producing = false;
        settle(p);
    }
    void worked_on(piece& p) {
        --p.groups;
        settle(p);
    }

  private:
    static constexpr unsigned place_bits = 32;
    std::uint64_t word_of(std::uint32_t place) const {
        return std::uint64_t{pieces_[place].generation} << place_bits | (place + std::uint64_t{1});
    }
    static bool is_kept(const piece& p) { return p.producing || p.groups > 0; }
    void settle(piece& p) {
        if (!is_kept(p))
            free_.push_back(static_cast<std::uint32_t>(&p - pieces_.data()));
    }

    std::vector<piece> pieces_;
    std::vector<std::uint32_t> free_;
};

} // namespace windtunnel::topology
