// SPDX-License-Identifier: BSL-1.0
// Every sequence of what can happen to a small saga, up to a length: messages that arrive, arrive
// and come again, are lost or late, orchestrators that die before or after a commit.
#include <catch2/catch.hpp>

#include "saga_world.hpp"

using namespace std::chrono_literals;
using namespace windtunnel;
using test::conduct;
using test::saga_world;

namespace {

saga_definition small() {
    return {"journey",
            {{.name = "book", .compensation = "cancel"},
             {.name = "pay", .kind = saga_step_kind::pivot},
             {.name = "mail", .kind = saga_step_kind::retriable}}};
}

enum act : std::uint8_t {
    poll,
    request,       ///< the oldest one arrives
    request_again, ///< it arrives, and will once more
    late_request,  ///< the newest one overtakes
    answer,
    answer_again,
    time_out,
    die_before,
    die_after,
    cancel,
    act_count
};

bool possible(const saga_world& w, act what) {
    switch (what) {
    case request:
    case request_again:
        return !w.requests.empty();
    case late_request:
        return w.requests.size() > 1;
    case answer:
    case answer_again:
        return !w.answers.empty();
    case poll:
        return w.orchestrator->next_event() <= w.now;
    case time_out:
        return w.orchestrator->next_event() > w.now;
    default:
        return true;
    }
}

void happens(saga_world& w, act what) {
    switch (what) {
    case poll:
        w.poll();
        break;
    case request:
        w.deliver_request(0);
        break;
    case request_again:
        w.deliver_request(0, true);
        break;
    case late_request:
        w.deliver_request(w.requests.size() - 1);
        break;
    case answer:
        w.deliver_answer(0);
        break;
    case answer_again:
        w.deliver_answer(0, true);
        break;
    case time_out:
        w.now += 10s;
        break;
    case die_before:
        w.kept.die_at(1, false);
        break;
    case die_after:
        w.kept.die_at(1, true);
        break;
    case cancel:
        w.guarded([&](auto& o) { o.cancel("s", "", w.now); });
        break;
    case act_count:
        break;
    }
}

/// Step `who` behaves like that the first time.
struct cast {
    std::string who;
    conduct how;
};

struct search {
    cast role;
    std::size_t depth;
    std::vector<act> path;
    std::size_t runs = 0;

    /// All paths that begin with this one, each played from the beginning.
    void from_here() {
        memory_storage kept;
        saga_world w{kept};
        w.definition = small();
        w.recover();
        int first = 1;
        w.behave = [&](const saga_command& c) {
            const bool plays =
                c.step == role.who && c.direction == saga_direction::action && first-- > 0;
            return plays ? role.how : conduct::works;
        };
        w.start();
        w.poll();
        for (const act a : path)
            happens(w, a);
        std::vector<act> next;
        for (int a = 0; a < act_count && path.size() < depth && !w.over(); ++a)
            if (possible(w, static_cast<act>(a)))
                next.push_back(static_cast<act>(a));
        if (next.empty())
            check(w);
        for (const act a : next) {
            path.push_back(a);
            from_here();
            path.pop_back();
        }
    }

    void check(saga_world& w) {
        ++runs;
        w.kept.die_at(0, false);
        w.run();
        const bool good_end = w.over() && w.all_or_nothing();
        while (!w.requests.empty()) // what was on its way comes after the end
            w.deliver_request(0);
        if (good_end && w.all_or_nothing() && w.sound)
            return;
        std::string acts;
        for (const act a : path)
            acts += std::to_string(a) + " ";
        FAIL("after " << acts << "with " << role.who << ": " << w.sent);
    }
};

} // namespace

TEST_CASE("Every interleaving of a small saga, up to a length, is all or nothing") {
    std::size_t runs = 0;
    for (const auto& [who, how] :
         {cast{"book", conduct::works}, cast{"book", conduct::fails},
          cast{"book", conduct::is_confused}, cast{"book", conduct::works_dumbly},
          cast{"pay", conduct::fails}, cast{"pay", conduct::works_dumbly}}) {
        search s{{who, how}, 5, {}};
        s.from_here();
        runs += s.runs;
    }
    CHECK(runs > 10'000);
}
