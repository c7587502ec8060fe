// SPDX-License-Identifier: BSL-1.0
// The containers of a worker pool: a list of jobs through links that the jobs embed, and binary
// heaps whose entries carry their keys (so that ordering never touches a job) and whose jobs know
// their places (so that any job leaves at once). None owns a job; only the heaps allocate, as they
// grow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim-core/physics/job.hpp"

namespace windtunnel::sim {

/// What the containers may touch of a job.
struct job_node {
    static job_links& links(job& j) { return j.links_; }
    static std::uint32_t& place(job& j) { return j.place_; }
};

/// A doubly linked list; a job is in one list at most.
class job_list {
  public:
    bool empty() const { return first_ == nullptr; }
    job* first() const { return first_; }
    job* last() const { return last_; }
    static job* after(job& j) { return job_node::links(j).next; }

    void push_back(job& j) {
        job_node::links(j) = {nullptr, last_};
        (last_ != nullptr ? job_node::links(*last_).next : first_) = &j;
        last_ = &j;
    }
    void remove(job& j) {
        const job_links links = job_node::links(j);
        (links.previous != nullptr ? job_node::links(*links.previous).next : first_) = links.next;
        (links.next != nullptr ? job_node::links(*links.next).previous : last_) = links.previous;
    }

  private:
    job* first_ = nullptr;
    job* last_ = nullptr;
};

/// Larger rank first; the smaller tie breaker first among equals.
struct priority_key {
    std::int64_t rank = 0;
    std::uint64_t tie = 0;
    bool before(const priority_key& other) const {
        return rank != other.rank ? rank > other.rank : tie < other.tie;
    }
};

/// Nanoseconds of service as whole + fraction, so that a sum of many shares keeps its precision
/// (about 1e-10 ns a summand) however large it grows. 0 <= fraction < 1.
struct attained_service {
    std::int64_t whole = 0;
    double fraction = 0;

    void add(double ns) {
        fraction += ns;
        const auto carried = static_cast<std::int64_t>(fraction);
        whole += carried;
        fraction -= static_cast<double>(carried);
    }
    /// this - other, in ns.
    double since(const attained_service& other) const {
        return static_cast<double>(whole - other.whole) + (fraction - other.fraction);
    }
};

/// The service at which a sharing job has all that it wants: the smallest first.
struct sharing_key {
    attained_service finish;
    std::uint64_t tie = 0;
    bool before(const sharing_key& other) const {
        if (finish.whole != other.finish.whole)
            return finish.whole < other.finish.whole;
        if (finish.fraction != other.finish.fraction)
            return finish.fraction < other.finish.fraction;
        return tie < other.tie;
    }
};

/// A job is in one heap at most.
template <class Key>
class keyed_job_heap {
  public:
    bool empty() const { return entries_.empty(); }
    std::size_t size() const { return entries_.size(); }
    job& top() const { return *entries_.front().who; }
    const Key& top_key() const { return entries_.front().key; }

    void push(const Key& key, job& j) {
        entries_.push_back({key, &j});
        sift_up(entries_.size() - 1, {key, &j});
    }
    void remove(job& j) {
        const std::size_t hole = job_node::place(j);
        const entry moved = entries_.back();
        entries_.pop_back();
        if (moved.who == &j)
            return;
        if (hole > 0 && moved.key.before(entries_[(hole - 1) / 2].key))
            sift_up(hole, moved);
        else
            sift_down(hole, moved);
    }

  private:
    struct entry {
        Key key;
        job* who;
    };
    void put(std::size_t place, const entry& e) {
        entries_[place] = e;
        job_node::place(*e.who) = static_cast<std::uint32_t>(place);
    }
    void sift_up(std::size_t place, const entry e) {
        while (place > 0 && e.key.before(entries_[(place - 1) / 2].key)) {
            put(place, entries_[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        put(place, e);
    }
    void sift_down(std::size_t place, const entry e) {
        for (std::size_t child; (child = 2 * place + 1) < entries_.size(); place = child) {
            if (child + 1 < entries_.size() && entries_[child + 1].key.before(entries_[child].key))
                ++child;
            if (!entries_[child].key.before(e.key))
                break;
            put(place, entries_[child]);
        }
        put(place, e);
    }

    std::vector<entry> entries_;
};

using job_heap = keyed_job_heap<priority_key>;
using sharing_heap = keyed_job_heap<sharing_key>;

} // namespace windtunnel::sim
