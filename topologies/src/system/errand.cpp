// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/system/errand.hpp"

#include "topologies/src/system/replica.hpp"

namespace windtunnel::topology {

void errands::send(sim::node_id from, std::uint32_t to_replica, std::uint64_t bytes,
                   errand::question ask, errand::hearing hear) {
    auto* e = new errand(*this, from, std::move(ask), std::move(hear));
    under_way_.push_back(*e);
    e->asked_ = to_replica;
    e->from = from;
    e->to = broker_.replicas[to_replica]->node();
    e->size = bytes;
    core_.network->send(*e);
}

void errands::end(errand& e) {
    under_way_.erase(under_way_.iterator_to(e));
    e.cancel();
    delete &e;
}

void errands::refuse_at(std::uint32_t replica) {
    for (errand& e : under_way_)
        if (e.waits_ && e.asked_ == replica)
            e.refuse();
}

void errands::clear() {
    while (!under_way_.empty())
        end(under_way_.front());
}

void errand::moved(sim::message& m, sim::delivery how) {
    auto& self = static_cast<errand&>(m);
    if (how == sim::delivery::duplicate)
        return;
    if (how == sim::delivery::lost)
        return self.all_.end(self);
    if (self.returns_) {
        const hearing hear = std::move(self.hear_);
        const bool good = self.good_;
        self.all_.end(self);
        return hear(good);
    }
    if (how == sim::delivery::refused || !self.all_.broker_.replicas[self.asked_]->up())
        return self.refuse();
    self.waits_ = true;
    self.ask_(self);
}

void errand::go_back(bool good, std::uint64_t bytes) {
    WINDTUNNEL_ASSERT(!returns_);
    returns_ = true;
    waits_ = false;
    good_ = good;
    std::swap(from, to);
    size = bytes;
    all_.core_.network->send(*this);
}

} // namespace windtunnel::topology
