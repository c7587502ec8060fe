// SPDX-License-Identifier: BSL-1.0
#include "patterns/base/cancellation_place.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <catch2/catch.hpp>

#include "patterns/base/async_sleep.hpp"
#include "sim-core/engine/simulation.hpp"
#include "sim-core/engine/virtual_environment.hpp"

namespace windtunnel {

namespace asio = boost::asio;
using asio::cancellation_type;

TEST_CASE("A place cancels the operation that left word in it, once it has") {
    cancellation_place place;
    int cancelled = 0;
    place.emit();
    place.get().assign(
        [&](cancellation_type type) { cancelled += type == cancellation_type::partial ? 1 : 100; });
    CHECK(place.get().has_handler());
    place.emit(cancellation_type::partial);
    CHECK(cancelled == 1);
    place.get().clear();
    CHECK_FALSE(place.get().has_handler());
    place.emit(cancellation_type::partial);
    CHECK(cancelled == 1);
}

TEST_CASE("A cancelled operation may leave another in the same place") {
    cancellation_place place;
    struct next {
        explicit next(int* c) : count(c) {}
        void operator()(cancellation_type) const { ++*count; }
        int* count;
    };
    struct first {
        explicit first(std::pair<cancellation_place*, int*>* w) : where(w) {}
        void operator()(cancellation_type) const {
            where->first->get().emplace<next>(where->second);
            *where->second += 10;
        }
        std::pair<cancellation_place*, int*>* where;
    };
    int count = 0;
    std::pair<cancellation_place*, int*> where{&place, &count};
    place.get().emplace<first>(&where);
    place.emit();
    CHECK(count == 10);
    place.emit();
    CHECK(count == 11);
}

TEST_CASE("An operation of this library is cancelled through a place as through a signal") {
    sim::simulation world;
    environment& env = world.environment();
    cancellation_place place;
    int elapsed = -1;
    auto wait = [&] {
        elapsed = -1;
        async_wait_until(env, env.now() + std::chrono::seconds(1), timer_class::event,
                         asio::bind_cancellation_slot(place.get(), [&](bool e) { elapsed = e; }));
    };
    wait();
    place.emit();
    CHECK(elapsed == -1); // never from inside the emission
    world.run();
    CHECK(elapsed == 0);
    CHECK(world.now() == time_point{});
    wait();
    world.run();
    CHECK(elapsed == 1);
    CHECK(world.now() == time_point{std::chrono::seconds(1)});
    place.emit(); // it is over: nobody is there
}

} // namespace windtunnel
