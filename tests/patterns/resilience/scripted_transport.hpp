// SPDX-License-Identifier: BSL-1.0
// A transport on a simulation that plays a script, one step a request, over and over.
#pragma once

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "patterns/base/transport.hpp"
#include "pipeline_script.hpp"
#include "sim-core/engine/simulation.hpp"

namespace windtunnel::test {

/// Answers a request as the step of the script says that belongs to it.
class scripted_transport final : public transport {
  public:
    scripted_transport(sim::simulation& s, std::vector<script_step> steps)
        : sim_(s), steps_(std::move(steps)) {}

    void start(pending_call& call) override {
        trips_.push_back(std::make_unique<trip>(call, steps_[trips_.size() % steps_.size()]));
        call.state = trips_.back().get();
        sim_.arm(*trips_.back(), saturating_add(sim_.now(), trips_.back()->step.after));
    }
    void cancel(pending_call& call) override {
        auto& t = *static_cast<trip*>(call.state);
        if (t.step.stubborn)
            return;
        sim_.disarm(t);
        call.complete(failure_kind::cancelled);
    }

  private:
    struct trip : timer {
        trip(pending_call& c, const script_step& s) : timer(&arrived, &lost), call(c), step(s) {}
        static void arrived(timer& t) {
            auto& self = static_cast<trip&>(t);
            if (self.step.result.ok())
                self.call.complete(reply{});
            else
                self.call.complete(self.step.result.failed());
        }
        static void lost(timer& t) { static_cast<trip&>(t).call.drop(); }
        pending_call& call;
        script_step step;
    };

    sim::simulation& sim_;
    std::vector<script_step> steps_;
    std::deque<std::unique_ptr<trip>> trips_;
};

} // namespace windtunnel::test
