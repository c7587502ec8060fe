// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/timer_queue.hpp"

namespace windtunnel {

namespace {
constexpr std::size_t arity = 4;
constexpr int class_shift = 62;
} // namespace

void timer_queue::number(timer& t, time_point due, timer_class kind) {
    WINDTUNNEL_ASSERT(!t.armed());
    t.due_ = due;
    t.order_ = (static_cast<std::uint64_t>(kind) << class_shift) | sequence_++;
    ++size_;
}

void timer_queue::arm_alone(timer& t, time_point due, timer_class kind) {
    number(t, due, kind);
    push(t);
}

void timer_queue::arm_recurring(timer& t, time_point due, timer_class kind, time_point now) {
    number(t, due, kind);
    const std::size_t index = lane_for(due - now, kind);
    if (index == lane_count)
        return push(t);
    lane& l = lanes_[index];
    t.lane_ = static_cast<std::uint8_t>(index);
    t.previous_ = l.tail;
    t.next_ = nullptr;
    if (l.tail == nullptr) {
        l.head = l.tail = &t;
        return push(t);
    }
    if (due < l.tail->due_) { // cannot happen while `now` never goes back; stay right if it does
        t.lane_ = timer::no_lane;
        return push(t);
    }
    l.tail->next_ = &t;
    l.tail = &t;
    t.place_ = timer::waiting;
}

void timer_queue::disarm(timer& t) {
    if (t.armed())
        remove(t);
}

timer& timer_queue::pop() {
    WINDTUNNEL_ASSERT(!heap_.empty());
    timer& t = *heap_.front().node;
    remove(t);
    return t;
}

/// The lane of this duration and class, else an idle one, else lane_count: the heap takes it.
std::size_t timer_queue::lane_for(duration length, timer_class kind) {
    std::size_t idle = lane_count;
    for (std::size_t i = 0; i < lane_count; ++i) {
        if (lanes_[i].length == length && lanes_[i].kind == kind)
            return i;
        if (lanes_[i].head == nullptr)
            idle = i;
    }
    if (idle != lane_count) {
        lanes_[idle].length = length;
        lanes_[idle].kind = kind;
    }
    return idle;
}

void timer_queue::remove(timer& t) {
    --size_;
    if (t.lane_ == timer::no_lane) {
        erase(t.place_);
    } else if (t.place_ == timer::waiting) {
        t.previous_->next_ = t.next_;
        (t.next_ != nullptr ? t.next_->previous_ : lanes_[t.lane_].tail) = t.previous_;
    } else {
        replace_head(t);
    }
    t.place_ = timer::unarmed;
    t.lane_ = timer::no_lane;
}

/// The next of the lane takes the head's place in the heap; it is later, so it only sinks.
void timer_queue::replace_head(timer& t) {
    lane& l = lanes_[t.lane_];
    l.head = t.next_;
    if (l.head == nullptr) {
        l.tail = nullptr;
        return erase(t.place_);
    }
    l.head->previous_ = nullptr;
    sift_down(t.place_, {l.head->due_, l.head->order_, l.head});
}

void timer_queue::push(timer& t) {
    WINDTUNNEL_ASSERT(heap_.size() < timer::waiting);
    const entry e{t.due_, t.order_, &t};
    heap_.push_back(e);
    sift_up(heap_.size() - 1, e);
}

void timer_queue::erase(std::size_t place) {
    const entry last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size())
        return;
    if (place > 0 && before(last, heap_[(place - 1) / arity]))
        sift_up(place, last);
    else
        sift_down(place, last);
}

void timer_queue::sift_up(std::size_t place, const entry& e) {
    while (place > 0) {
        const std::size_t parent = (place - 1) / arity;
        if (!before(e, heap_[parent]))
            break;
        put(place, heap_[parent]);
        place = parent;
    }
    put(place, e);
}

void timer_queue::sift_down(std::size_t place, const entry& e) {
    const std::size_t size = heap_.size();
    for (;;) {
        const std::size_t first = place * arity + 1;
        if (first >= size)
            break;
        std::size_t least = first;
        const std::size_t end = first + arity < size ? first + arity : size;
        for (std::size_t child = first + 1; child < end; ++child)
            if (before(heap_[child], heap_[least]))
                least = child;
        if (!before(heap_[least], e))
            break;
        put(place, heap_[least]);
        place = least;
    }
    put(place, e);
}

} // namespace windtunnel
