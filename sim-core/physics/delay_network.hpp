// SPDX-License-Identifier: BSL-1.0
// A network of links that delay: a message takes a draw of its link's latency and, where the link
// has a bandwidth, size / bandwidth for itself alone (messages share nothing; for contention there
// is the SimGrid network). Messages may overtake each other unless the link is `in_order`. A link
// is one direction of a pair of nodes and has random streams of its own, named after it: its
// latencies are the same whatever else happens, also whether or not messages are lost.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "patterns/base/random_stream.hpp"
#include "patterns/base/time.hpp"
#include "sim-core/engine/distribution.hpp"
#include "sim-core/physics/network.hpp"

namespace windtunnel::sim {

class simulation;
class delay_network;

using link_id = std::uint32_t;

struct link_options {
    distribution latency{};
    std::optional<double> bandwidth{}; ///< bytes a second; absent: size takes no time
    double loss = 0;                   ///< share of messages lost
    bool in_order = false; ///< none arrives before one sent earlier (as within a TCP connection)

    void validate() const; ///< throws std::invalid_argument
};

/// What a link is made of that nobody has connected before it is needed.
struct link_plan {
    std::string name;
    link_options options;
};
/// Nothing where the two have no link. What it says of a pair does not depend on when it is asked.
using link_planner = std::function<std::optional<link_plan>(node_id from, node_id to)>;

/// What a rule says about a message that is being sent.
struct verdict {
    enum class kind : std::uint8_t {
        pass,
        delay,     ///< takes `added` longer
        drop,      ///< is lost
        duplicate, ///< arrives twice
        reject,    ///< the other side refuses; the sender learns it after a way there and back
    };
    kind what = kind::pass;
    duration added{};

    static verdict pass() { return {}; }
    static verdict delay(duration added) { return {kind::delay, added}; }
    static verdict drop() { return {kind::drop, {}}; }
    static verdict duplicate() { return {kind::duplicate, {}}; }
    static verdict reject() { return {kind::reject, {}}; }
};

/// A disturbance of the network, asked about each message at the moment of sending while installed;
/// what is on its way already is not touched. A rule that needs chance brings its own stream.
class rule {
  public:
    virtual ~rule() = default;
    virtual verdict judge(const message& m) = 0;
};

/// While this lives its rule is in force. The rule and the network outlive it.
class [[nodiscard]] rule_guard {
  public:
    rule_guard() = default;
    rule_guard(delay_network& where, rule& what) : network_(&where), rule_(&what) {}
    rule_guard(rule_guard&& other) noexcept
        : network_(std::exchange(other.network_, nullptr)), rule_(other.rule_) {}
    rule_guard& operator=(rule_guard&& other) noexcept;
    ~rule_guard() { remove(); }
    void remove();

  private:
    delay_network* network_ = nullptr;
    rule* rule_ = nullptr;
};

/// Counted when sent, for a message's fate is decided then.
struct link_totals {
    std::uint64_t sent = 0, lost = 0, refused = 0, duplicated = 0, bytes = 0;
};

class delay_network final : public network {
  public:
    explicit delay_network(simulation& simulation) : simulation_(simulation) {}

    /// The link on which `from` sends to `to`; `name` names its random streams ("web->db").
    /// Throws std::invalid_argument for bad options or where the two are connected already.
    link_id connect(node_id from, node_id to, std::string_view name, const link_options& options);
    /// Links that were not connected are made by the first message that needs them, so that they
    /// take memory for the pairs that talk alone.
    void connect_on_demand(link_planner planner) { planner_ = std::move(planner); }
    std::optional<link_id> find(node_id from, node_id to) const;
    std::size_t links() const { return links_.size(); }

    /// What takes longer than time can say never arrives; it can be cancelled.
    void send(message& m) override;
    void cancel(message& m) override;

    /// Rules are asked in the order of their installation: delays add up, a drop or a reject is
    /// final and later rules are not asked, and however many say duplicate, two copies arrive.
    /// Loss comes after the rules. Without rules none of this costs anything.
    rule_guard install(rule& r);

    const link_totals& totals(link_id id) const { return links_[id].totals; }

  private:
    friend class rule_guard;

    struct link {
        link_options options;
        random_stream latencies;
        random_stream accidents; ///< losses, second copies, the way back of a refusal
        bool steady = false;     ///< all messages take the same time, and none is lost
        time_point last_arrival{};
        link_totals totals;
    };
    struct fate {
        delivery end = delivery::arrived;
        bool twice = false;
        duration added{};
    };

    void due(message& m) override;
    link* link_between(node_id from, node_id to);
    link& link_of(const message& m);
    fate judge(const message& m);
    void carry_steadily(message& m, link& way);
    void carry(message& m, link& way, const fate& f, duration delay);
    static duration transfer_time(const link& way, const message& m);
    duration way_back(const message& m, link& way);
    void arm(message& m, time_point when, delivery end, duration until_last);

    struct neighbour {
        node_id to;
        link_id id;
    };

    simulation& simulation_;
    std::vector<std::vector<neighbour>> table_; ///< [from], in the order of `to`
    std::deque<link> links_;                    ///< they keep their place as more are made
    link_planner planner_;
    std::vector<rule*> rules_;
};

} // namespace windtunnel::sim
