// SPDX-License-Identifier: BSL-1.0
// Who leads the partitions of a topic when replicas of its broker crash, fill their disks, or hand
// over: a part of topic_runtime.
#include <optional>

#include "topologies/src/system/topic_follower.hpp"

namespace windtunnel::topology {

template <class Visit>
void topic_runtime::for_each_kept(std::uint32_t wanted, Visit visit) {
    for (int p = 0; p < partitions(); ++p)
        for (int r = 0; r < spec_.options.replication_factor; ++r)
            if (broker_replica(p, r) == wanted)
                visit(p, r);
}

void topic_runtime::replica_crashed(replica& r) {
    if (disks_full_[r.number()] == 0)
        lose(r.number());
    for (auto& g : groups_)
        g->broker_crashed(r.number());
    errands_.refuse_at(r.number());
}

void topic_runtime::replica_restarted(replica& r) {
    if (disks_full_[r.number()] == 0)
        regain(r.number());
}

void topic_runtime::disk_full(std::uint32_t number, bool on) {
    int& full = disks_full_[number];
    full += on ? 1 : -1;
    if (!broker().replicas[number]->up())
        return;
    if (on && full == 1)
        lose(number);
    if (!on && full == 0)
        regain(number);
}

/// What it keeps is kept by the others.
void topic_runtime::lose(std::uint32_t number) {
    for_each_kept(number, [&](int partition, int replica) {
        log_.fail(partition, replica, core_.now());
        follower_of(partition, replica).stop();
        if (!has_leader(partition))
            await_election(partition);
    });
    settle_waiting();
    keep_time();
}

/// A follower that is back copies what it lacks; where nobody leads, it may.
void topic_runtime::regain(std::uint32_t number) {
    for_each_kept(number, [&](int partition, int replica) {
        log_.restore(partition, replica, core_.now());
        if (has_leader(partition))
            copy(partition);
        else
            await_election(partition);
    });
    keep_time();
}

void topic_runtime::step_down(std::uint32_t number, bool on) {
    for_each_kept(number, [&](int partition, int replica) {
        const replica_set& all = log_.partition(partition).replicas();
        if (on && all.leader() == replica) {
            for (int r = 0; r < spec_.options.replication_factor; ++r)
                if (r != replica && all.in_sync(r) && all.online(r))
                    return lead(partition, r);
        } else if (!on && replica == 0 && all.in_sync(0) && all.online(0) &&
                   has_leader(partition)) {
            lead(partition, 0);
        }
    });
}

void topic_runtime::await_election(int partition) {
    election& e = *elections_[static_cast<std::size_t>(partition)];
    if (!e.armed())
        core_.simulation.arm(e, saturating_add(core_.now(), spec_.election));
}

void topic_runtime::elect(int partition) {
    if (has_leader(partition))
        return;
    const replica_set& replicas = log_.partition(partition).replicas();
    std::optional<int> next = replicas.candidate();
    if (!next && spec_.options.unclean_leader_election)
        for (int r = 0; r < spec_.options.replication_factor && !next; ++r)
            if (replicas.online(r))
                next = r;
    if (next)
        lead(partition, *next);
}

/// What followers were given by another is nothing that they can answer for.
void topic_runtime::lead(int partition, int replica) {
    const log_offset before = log_.partition(partition).log_end();
    log_.elect(partition, replica, core_.now());
    const log_offset end = log_.partition(partition).log_end();
    if (end < before) {
        for (auto& g : groups_)
            g->cut_off(partition, end);
        lose_records(partition, end, before);
    }
    for (int r = 0; r < spec_.options.replication_factor; ++r)
        follower_of(partition, r).stop();
    settle_waiting();
    copy(partition);
    changed(partition);
    keep_time();
}

} // namespace windtunnel::topology
