// SPDX-License-Identifier: BSL-1.0
#include "patterns/discovery/registry.hpp"

#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace windtunnel;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{10s};

service_instance named(const std::string& id, instance_status status = instance_status::up) {
    return {.id = id, .address = id + ":80", .status = status};
}

std::vector<std::string> ids(const std::vector<service_instance>& instances) {
    std::vector<std::string> result;
    for (const auto& i : instances)
        result.push_back(i.id);
    return result;
}
std::vector<std::string> ids(const registry& r, const std::string& service = "cart") {
    return ids(r.snapshot(service).instances);
}
using list = std::vector<std::string>;

service_snapshot update_of(std::uint64_t version, const list& names, std::uint64_t epoch = 0) {
    service_snapshot result{.epoch = epoch, .version = version, .instances = {}};
    for (const auto& id : names)
        result.instances.push_back(named(id));
    return result;
}

/// a, b, c ... so many.
list letters(int n) {
    list result;
    for (int i = 0; i < n; ++i)
        result.emplace_back(1, static_cast<char>('a' + i));
    return result;
}

} // namespace

TEST_CASE("instances are listed by service in the order of their ids, whoever came first") {
    registry r{{}};
    for (const auto* id : {"b", "c", "a"})
        r.register_instance("cart", named(id), start);
    r.register_instance("search", named("z"), start);
    CHECK(ids(r) == list{"a", "b", "c"});
    CHECK(ids(r, "search") == list{"z"});
    CHECK(ids(r, "nobody").empty());
    CHECK(r.snapshot("cart").instances[1] == named("b"));
    CHECK(r.instances() == 4);
}

TEST_CASE("R8: a lease is over at its end, not before") {
    registry r{{.lease = 90s}};
    r.register_instance("cart", named("a"), start);
    CHECK(r.next_expiry() == start + 90s);
    r.advance(start + 90s - 1ns);
    CHECK(ids(r) == list{"a"});
    r.advance(start + 90s);
    CHECK(ids(r).empty());
    CHECK(r.next_expiry() == never);
    CHECK(r.metrics().expired == 1);
}

TEST_CASE("a heartbeat renews a lease, and comes too late at its end") {
    registry r{{.lease = 90s}};
    r.register_instance("cart", named("a"), start);
    CHECK(r.renew("cart", "a", start + 90s - 1ns));
    r.advance(start + 180s - 2ns);
    CHECK(ids(r) == list{"a"});
    CHECK_FALSE(r.renew("cart", "a", start + 180s - 1ns));
    CHECK_FALSE(r.renew("cart", "b", start));
    CHECK_FALSE(r.renew("nobody", "a", start));
    CHECK(r.metrics().renewed == 1);
    CHECK(r.metrics().refused_renewals == 3);
    r.register_instance("cart", named("a"), start + 180s);
    CHECK(ids(r) == list{"a"});
}

TEST_CASE("each lease ends by itself") {
    registry r{{.lease = 90s}};
    r.register_instance("cart", named("a"), start);
    r.register_instance("cart", named("b"), start + 10s);
    r.advance(start + 90s);
    CHECK(ids(r) == list{"b"});
    CHECK(r.next_expiry() == start + 100s);
}

TEST_CASE("an instance goes from starting to up to draining to gone") {
    registry r{{}};
    r.register_instance("cart", named("a", instance_status::starting), start);
    for (const auto status : {instance_status::up, instance_status::draining}) {
        CHECK(r.set_status("cart", "a", status, start));
        CHECK(r.snapshot("cart").instances[0].status == status);
    }
    CHECK(r.deregister("cart", "a", start));
    CHECK_FALSE(r.deregister("cart", "a", start));
    CHECK_FALSE(r.set_status("cart", "a", instance_status::up, start));
    CHECK(r.instances() == 0);
    CHECK(r.metrics().deregistered == 1);
}

TEST_CASE("a version rises with each change, over all services, and with nothing else") {
    registry r{{.lease = 90s}};
    CHECK(r.snapshot("cart").version == 0);
    CHECK_FALSE(r.changed("cart", 0));
    r.register_instance("cart", named("a"), start);
    CHECK(r.snapshot("cart").version == 1);
    CHECK(r.changed("cart", 0));
    CHECK_FALSE(r.changed("cart", 1));
    r.register_instance("cart", named("a"), start); // says nothing new
    r.renew("cart", "a", start);
    r.set_status("cart", "a", instance_status::up, start);
    CHECK_FALSE(r.changed("cart", 1));
    r.register_instance("search", named("z"), start + 1s);
    CHECK_FALSE(r.changed("cart", 1));
    CHECK(r.snapshot("search").version == 2);
    r.set_status("cart", "a", instance_status::draining, start + 1s);
    CHECK(r.snapshot("cart").version == 3);
    r.advance(start + 90s);
    CHECK(r.snapshot("cart").version == 4);
    CHECK(r.changed("cart", 9)); // of another life of the registry
}

TEST_CASE("R7: watchers are told of each change when it is done, and may call the registry") {
    struct watch {
        registry& r;
        std::vector<std::string> seen;
        static void note(void* self, std::string_view service, std::uint64_t version) {
            auto& w = *static_cast<watch*>(self);
            w.seen.push_back(std::string{service} + ":" + std::to_string(version) + ":" +
                             std::to_string(w.r.snapshot(service).instances.size()));
            if (service == "cart" && w.r.instances() == 0)
                w.r.register_instance("spare", named("s"), start + 90s);
        }
    };
    registry r{{.lease = 90s}};
    watch w{r, {}};
    r.observe(&watch::note, &w);
    r.register_instance("cart", named("a"), start);
    r.register_instance("search", named("z"), start);
    r.renew("cart", "a", start);
    r.advance(start + 90s);
    CHECK(w.seen == list{"cart:1:1", "search:2:1", "cart:3:0", "spare:4:1", "search:5:0"});
    r.observe(nullptr, nullptr);
    r.deregister("spare", "s", start + 90s);
    CHECK(w.seen.size() == 5);
}

TEST_CASE("R7: what a watcher throws breaks no change, and is counted") {
    registry r{{.lease = 90s}};
    r.observe([](void*, std::string_view, std::uint64_t) { throw std::runtime_error("watcher"); },
              nullptr);
    r.register_instance("cart", named("a"), start);
    r.register_instance("cart", named("b"), start);
    r.register_instance("search", named("z"), start);
    r.advance(start + 90s);
    CHECK(r.instances() == 0);
    CHECK(r.snapshot("search").instances.empty());
    CHECK(r.metrics().observer_errors == 5);
}

TEST_CASE("self-preservation: nobody is evicted when too few are alive; the threshold is enough") {
    const auto [total, dead, preserved] = GENERATE(table<int, int, bool>({
        {20, 3, false}, // 17 of 20 is .85
        {20, 4, true},
        {10, 1, false},
        {10, 2, true},
        {3, 1, true}, // the known price with few instances
        {1, 1, true},
    }));
    registry r{{.lease = 90s, .self_preservation_threshold = 0.85}};
    const auto names = letters(total);
    for (const auto& id : names)
        r.register_instance("cart", named(id), start);
    for (int i = dead; i < total; ++i)
        CHECK(r.renew("cart", names[static_cast<std::size_t>(i)], start + 60s));
    r.advance(start + 90s);
    CAPTURE(total, dead);
    CHECK(r.preserving() == preserved);
    CHECK(r.instances() == static_cast<std::size_t>(preserved ? total : total - dead));
    CHECK(r.next_expiry() == (dead == total ? never : start + 150s)); // never in the past
}

TEST_CASE("self-preservation ends when enough are alive again, and the dead go then") {
    registry r{{.lease = 90s, .self_preservation_threshold = 0.85}};
    const auto names = letters(10);
    for (const auto& id : names)
        r.register_instance("cart", named(id), start);
    r.advance(start + 90s);
    CHECK(r.preserving());
    for (int i = 0; i < 8; ++i)
        CHECK(r.renew("cart", names[static_cast<std::size_t>(i)], start + 100s));
    CHECK(r.instances() == 10);
    CHECK(r.renew("cart", names[8], start + 100s));
    CHECK_FALSE(r.preserving());
    CHECK(ids(r) == letters(9));
}

TEST_CASE("who leaves by himself does not count as dead") {
    registry r{{.lease = 90s, .self_preservation_threshold = 0.85}};
    for (const auto& id : letters(3))
        r.register_instance("cart", named(id), start);
    CHECK(r.renew("cart", "a", start + 60s));
    r.advance(start + 90s);
    CHECK(r.preserving());
    CHECK(r.deregister("cart", "b", start + 90s));
    CHECK(r.deregister("cart", "c", start + 90s));
    CHECK_FALSE(r.preserving());
    CHECK(ids(r) == list{"a"});
}

TEST_CASE("R10: the longest lease and the end of time do not overflow") {
    registry r{{.lease = duration::max()}};
    r.register_instance("cart", named("a"), start);
    CHECK(r.next_expiry() == never);
    r.advance(never - 1ns);
    CHECK(ids(r) == list{"a"});
}

TEST_CASE("a view takes newer lists and keeps the one it has against older ones") {
    registry_view v;
    CHECK(v.instances().empty());
    CHECK(v.confirmed_at() == time_point::min());
    CHECK(v.update(update_of(0, {}), start) == view_update::applied); // nobody there yet
    CHECK(v.update(update_of(3, {"a", "b"}), start) == view_update::applied);
    CHECK(v.update(update_of(2, {"a"}), start + 1s) == view_update::kept_old);
    CHECK(v.confirmed_at() == start);
    CHECK(v.update(update_of(3, {"a", "b"}), start + 2s) == view_update::kept_old);
    CHECK(v.confirmed_at() == start + 2s);
    CHECK(v.update(update_of(4, {"b"}), start + 3s) == view_update::applied);
    CHECK(ids(v.instances()) == list{"b"});
    CHECK(v.version() == 4);
}

TEST_CASE("a view keeps the last good list when an update is empty or fails") {
    registry_view v;
    v.update(update_of(1, {"a"}), start);
    CHECK(v.update(update_of(2, {}), start + 1s) == view_update::kept_empty);
    CHECK(v.update(update_of(2, {}), start + 24h) == view_update::kept_empty);
    CHECK(v.version() == 1);
    v.failed();
    CHECK(ids(v.instances()) == list{"a"});
    CHECK(v.update(update_of(3, {"b"}), start + 24h) == view_update::applied);
}

TEST_CASE("after a failure, or in a new life of the registry, a lower version is taken") {
    registry_view v;
    v.update(update_of(7, {"a"}), start);
    v.failed();
    CHECK(v.update(update_of(1, {}), start) == view_update::kept_empty);
    CHECK(v.update(update_of(2, {"b"}), start) == view_update::applied);
    CHECK(v.update(update_of(1, {"c"}), start) == view_update::kept_old);
    CHECK(v.update(update_of(1, {"c"}, 1), start) == view_update::applied);
    CHECK(ids(v.instances()) == list{"c"});
}

TEST_CASE("an empty list is believed when it has stood for its hold") {
    registry_view v{{.empty_hold = 60s}};
    v.update(update_of(1, {"a"}), start);
    CHECK(v.update(update_of(2, {}), start) == view_update::kept_empty);
    CHECK(v.update(update_of(3, {"a"}), start + 30s) == view_update::applied); // it was a mistake
    CHECK(v.update(update_of(4, {}), start + 31s) == view_update::kept_empty);
    CHECK(v.update(update_of(4, {}), start + 91s - 1ns) == view_update::kept_empty);
    CHECK(v.update(update_of(4, {}), start + 91s) == view_update::applied);
    CHECK(v.instances().empty());
    registry_view trusting{{.empty_hold = 0s}};
    trusting.update(update_of(1, {"a"}), start);
    CHECK(trusting.update(update_of(2, {}), start) == view_update::applied);
}

TEST_CASE("a list that lost too many is held back; the threshold itself is enough") {
    const auto [left, result] = GENERATE(table<int, view_update>({
        {17, view_update::applied}, // of 20
        {16, view_update::kept_shrunk},
        {1, view_update::kept_shrunk},
        {0, view_update::kept_empty},
        {21, view_update::applied},
    }));
    registry_view v{{.self_preservation_threshold = 0.85, .shrink_hold = 90s}};
    v.update(update_of(1, letters(20)), start);
    CAPTURE(left);
    CHECK(v.update(update_of(2, letters(left)), start) == result);
}

TEST_CASE("a list that stays small is believed after its hold") {
    registry_view v{{.self_preservation_threshold = 0.85, .shrink_hold = 90s}};
    v.update(update_of(1, letters(4)), start);
    CHECK(v.update(update_of(2, letters(2)), start) == view_update::kept_shrunk);
    CHECK(v.update(update_of(3, letters(1)), start + 90s - 1ns) == view_update::kept_shrunk);
    CHECK(v.update(update_of(3, letters(1)), start + 90s) == view_update::applied);
    CHECK(ids(v.instances()) == list{"a"});
}

TEST_CASE("a view follows a registry through its changes") {
    registry r{{.lease = 90s}, 5};
    registry_view v;
    r.register_instance("cart", named("b"), start);
    CHECK(v.update(r.snapshot("cart"), start) == view_update::applied);
    r.register_instance("cart", named("a"), start + 1s);
    CHECK(r.changed("cart", v.version()));
    CHECK(v.update(r.snapshot("cart"), start + 1s) == view_update::applied);
    CHECK(ids(v.instances()) == list{"a", "b"});
    r.advance(start + 200s); // nobody's heartbeats arrive any more
    CHECK(v.update(r.snapshot("cart"), start + 200s) == view_update::kept_empty);
    CHECK(ids(v.instances()) == list{"a", "b"});
}

TEST_CASE("registry and view refuse options that make no sense") {
    using Catch::Matchers::StartsWith;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_NOTHROW(registry_options{}.validate());
    CHECK_NOTHROW(registry_view_options{}.validate());
    const auto [options, message] = GENERATE_COPY(table<registry_options, std::string>({
        {{.lease = 0s}, "registry: lease is 0s; it must be above 0"},
        {{.heartbeat_interval = 0s}, "registry: heartbeat_interval is 0s; it must be above 0"},
        {{.heartbeat_interval = 90s}, "registry: heartbeat_interval is 90s"},
        {{.self_preservation_threshold = 1.1},
         "registry: self_preservation_threshold is 1.1; it must be from 0 to 1"},
        {{.self_preservation_threshold = nan}, "registry: self_preservation_threshold"},
    }));
    CHECK_THROWS_WITH(options.validate(), StartsWith(message));
    CHECK_THROWS_AS(registry(options), std::invalid_argument);
}

TEST_CASE("a view refuses options that make no sense") {
    const auto [options, message] = GENERATE(table<registry_view_options, std::string>({
        {{.empty_hold = -1s}, "registry_view: empty_hold is -1s; it must not be negative"},
        {{.self_preservation_threshold = -0.1},
         "registry_view: self_preservation_threshold is -0.1; it must be from 0 to 1"},
        {{.shrink_hold = -1s}, "registry_view: shrink_hold is -1s; it must not be negative"},
    }));
    CHECK_THROWS_WITH(options.validate(), Catch::Matchers::StartsWith(message));
    CHECK_THROWS_AS(registry_view(options), std::invalid_argument);
}

TEST_CASE("the names of a registry's states") {
    CHECK(to_string(instance_status::starting) == "starting");
    CHECK(to_string(instance_status::up) == "up");
    CHECK(to_string(instance_status::draining) == "draining");
    CHECK(to_string(view_update::applied) == "applied");
    CHECK(to_string(view_update::kept_old) == "kept_old");
    CHECK(to_string(view_update::kept_empty) == "kept_empty");
    CHECK(to_string(view_update::kept_shrunk) == "kept_shrunk");
}
