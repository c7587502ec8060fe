// SPDX-License-Identifier: BSL-1.0
// What goes wrong on a network, as rules for a delay_network: each looks at the messages between
// two sets of nodes, to one of them, from it, or both ways. `strength`, from 0 to 1, multiplies
// shares and added times, so that a disturbance may grow. Chance comes from the rule's own stream.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "sim-core/engine/distribution.hpp"
#include "sim-core/physics/delay_network.hpp"

namespace windtunnel::sim {

enum class direction : std::uint8_t {
    to,   ///< messages to the nodes
    from, ///< messages from them
    both,
};

/// Nodes on one side and on the other. Messages within one side are not its business.
class node_sets {
  public:
    void add_inside(node_id n) { mark(n, inside); }
    void add_outside(node_id n) { mark(n, outside); }
    bool is_inside(node_id n) const { return n < sides_.size() && (sides_[n] & inside) != 0; }
    bool between(const message& m, direction d) const {
        const auto is = [&](node_id n, std::uint8_t side) {
            return n < sides_.size() && (sides_[n] & side) != 0;
        };
        const bool there = is(m.from, outside) && is(m.to, inside);
        const bool back = is(m.from, inside) && is(m.to, outside);
        return (there && d != direction::from) || (back && d != direction::to);
    }

  private:
    static constexpr std::uint8_t inside = 1, outside = 2;
    void mark(node_id n, std::uint8_t side) {
        if (sides_.size() <= n)
            sides_.resize(std::size_t{n} + 1);
        sides_[n] |= side;
    }
    std::vector<std::uint8_t> sides_; ///< by node
};

/// A rule of the messages between two sets.
class disturbance : public rule {
  public:
    disturbance(direction d, random_stream random) : direction_(d), random_(random) {}
    node_sets where;
    double strength = 1;

    verdict judge(const message& m) final {
        return where.between(m, direction_) ? judge_one(m) : verdict::pass();
    }
    virtual verdict judge_one(const message& m) = 0;

  protected:
    random_stream& random() { return random_; }

  private:
    direction direction_;
    random_stream random_;
};

/// Nothing comes through. With `refuses` senders are told so.
class cut final : public disturbance {
  public:
    cut(direction d, bool refuses) : disturbance(d, {}), refuses_(refuses) {}
    verdict judge_one(const message&) override {
        return refuses_ ? verdict::reject() : verdict::drop();
    }

  private:
    bool refuses_;
};

/// Loses a share of the messages: each by itself (`burst` 1), or in bursts of that many on average,
/// by the simple Gilbert model (Gilbert, "Capacity of a burst-noise channel", 1960): after a loss
/// the next is lost with 1 - 1/burst, after a success with p = share / (burst (1 - share)), at
/// most 1; each ordered pair of nodes is a channel of its own.
class loss final : public disturbance {
  public:
    loss(direction d, random_stream random, double share, double burst)
        : disturbance(d, random), share_(share), burst_(burst) {}
    verdict judge_one(const message& m) override;

  private:
    double share_, burst_;
    std::map<std::pair<node_id, node_id>, bool> in_burst_; ///< whether the last one was lost
};

/// Holds a share of the messages back, so that others overtake them.
class reordering final : public disturbance {
  public:
    reordering(direction d, random_stream random, double share, const distribution& by)
        : disturbance(d, random), share_(share), by_(by) {}
    verdict judge_one(const message& m) override;

  private:
    double share_;
    distribution by_;
};

/// A line that all messages between the sets share, one for each direction: they queue for it in
/// the order of sending, take size / limit, and are lost where they would find more than `buffer`
/// bytes before them.
class narrow_line final : public disturbance {
  public:
    narrow_line(direction d, simulation& clock, double limit, double buffer)
        : disturbance(d, {}), clock_(clock), limit_(limit), buffer_(buffer) {}
    verdict judge_one(const message& m) override;

  private:
    simulation& clock_;
    double limit_;                       ///< bytes a second
    double buffer_;                      ///< bytes
    std::map<bool, time_point> free_at_; ///< by direction: true is towards the inside
};

} // namespace windtunnel::sim
