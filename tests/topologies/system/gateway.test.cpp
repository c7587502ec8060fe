// SPDX-License-Identifier: BSL-1.0
// A gateway, running: who is let through, who is not and why, and what nobody waits for.
#include <catch2/catch.hpp>

#include "topologies/system/figures.hpp"

namespace windtunnel::topology {

using namespace std::chrono_literals;

namespace {

const std::string secret = "0123456789abcdef0123456789abcdef";

/// A gateway "g" whose one route "a" leads to "s" and says this besides; "auth" knows revocations.
std::string behind(const std::string& route, const std::string& more = "") {
    return R"({"name":"t","services":{"g":{"workers":4,"gateway":{"routes":{"a":{"path":"/a",
        "to":"s.x")" +
           route + R"(}}}},"s":{"workers":100,"endpoints":{"x":{"work":"10ms"}}},
        "shadow":{"endpoints":{"x":{"work":"1h"}}},
        "auth":{"endpoints":{"introspect":{"work":"1ms","steps":[{"authenticate":{"keys":[")" +
           secret + R"("],"leeway":"0s","revocations":true}}]}}})" + more + "}}";
}

std::string jwt(const std::string& more = "") {
    return R"(,"authentication":{"jwt":{"keys":[")" + secret + R"("],"leeway":"0s")" + more + "}}";
}

token_spec token_of(const std::function<void(token_spec&)>& change = {}) {
    token_spec token;
    token.key.secret = secret;
    token.holders = 1;
    token.lifetime = 10s;
    if (change)
        change(token);
    return token;
}

/// A world with a client whose requests for the route carry tokens.
struct guarded {
    explicit guarded(const std::string& topology, const std::optional<token_spec>& token = {},
                     std::uint64_t seed = 1)
        : calls{call_from(R"({"call":"g.a"})")}, w(topology, {R"({"call":"g.a"})"}, seed) {
        calls.front().token = token;
        holder = &w.running->add_client("holder", calls);
    }
    visit& send(duration when) {
        visit& made = w.visits.emplace_back(w, *holder, 0);
        w.simulation.arm(made, at(when));
        return made;
    }
    std::uint64_t counted(const std::string& name, const std::string& of = "g") {
        return figures(w).counters.at(of + " gateway: " + name);
    }
    /// Requests that arrived at the endpoint with that number, of all.
    std::size_t reached(const std::string& service) const {
        const auto index = w.running->find_service(service)->index;
        return static_cast<std::size_t>(
            std::count_if(w.books.requests.begin(), w.books.requests.end(),
                          [&](const request_record& r) { return r.service == index; }));
    }

    std::vector<call_step> calls;
    world w;
    client* holder = nullptr;
};

std::uint16_t status(const visit& v) {
    CHECK(v.over);
    CHECK_FALSE(v.result.ok());
    return v.result.ok() ? std::uint16_t{200} : v.result.failed().status;
}

bool good(const visit& v) {
    return v.over && v.result.ok();
}

} // namespace

TEST_CASE("who has no token is answered 401, and nothing of it reaches the service behind") {
    guarded g(behind(jwt()), token_of());
    const visit& with = g.send(1s);
    const visit& without = g.w.send(1s);
    g.w.run(5s);
    CHECK(good(with));
    CHECK(status(without) == 401);
    CHECK(without.ended == at(1s)); // at once
    CHECK(g.reached("s") == 1);
    CHECK(g.counted("routed") == 1);
    CHECK(g.counted("unauthorized") == 1);
    CHECK(g.counted("unauthorized", "g.a") == 1); // of the route, too
}

TEST_CASE("a forged token is answered 401, one without the scope 403, one for others 401") {
    guarded forged(behind(jwt()), token_of([](token_spec& t) { t.forged = 1; }));
    const visit& no_signature = forged.send(1s);
    forged.w.run(5s);
    CHECK(status(no_signature) == 401);

    const auto scopes = jwt(R"(,"scopes":["read","write"],"audience":"shop")");
    guarded reader(behind(scopes), token_of([](token_spec& t) {
                       t.scopes = {"read"};
                       t.audience = "shop";
                   }));
    const visit& may_not = reader.send(1s);
    reader.w.run(5s);
    CHECK(status(may_not) == 403);
    CHECK(reader.counted("forbidden") == 1);
    CHECK(reader.counted("unauthorized") == 0);
    CHECK(reader.reached("s") == 0);

    guarded other(behind(scopes), token_of([](token_spec& t) {
                      t.scopes = {"read", "write"};
                      t.audience = "another shop";
                  }));
    const visit& stranger = other.send(1s);
    other.w.run(5s);
    CHECK(status(stranger) == 401);
}

TEST_CASE("a token is good until the very instant of its expiry, and its leeway") {
    const auto keeps = token_of([](token_spec& t) { t.renewed = false; });
    guarded g(behind(jwt()), keeps);
    const visit& first = g.send(1500ms); // issued in second 1, expires in second 11
    const visit& last = g.send(11s - 1ns);
    const visit& late = g.send(11s);
    g.w.run(30s);
    CHECK(good(first));
    CHECK(good(last));
    CHECK(status(late) == 401);

    std::string lenient = behind(jwt());
    lenient.replace(lenient.find(R"("leeway":"0s")"), 13, R"("leeway":"5s")");
    guarded later(lenient, keeps);
    later.send(1500ms);
    const visit& within = later.send(16s - 1ns);
    const visit& beyond = later.send(16s);
    later.w.run(30s);
    CHECK(good(within));
    CHECK(status(beyond) == 401);
}

TEST_CASE("who renews an expired token is let in for ever") {
    guarded g(behind(jwt()), token_of());
    for (int i = 0; i < 60; ++i)
        g.send(i * 1s);
    g.w.run(120s);
    CHECK(g.counted("routed") == 60);
}

TEST_CASE("a share of requests carries tokens that are forged or expired") {
    guarded g(behind(jwt()), token_of([](token_spec& t) {
                  t.holders = 5;
                  t.forged = 0.2;
                  t.expired = 0.3;
              }));
    for (int i = 0; i < 2000; ++i)
        g.send(i * 10ms);
    g.w.run(120s);
    const auto refused = static_cast<double>(g.counted("unauthorized"));
    CHECK(refused / 2000 == Approx(0.5).margin(0.05));
    CHECK(g.counted("routed") + g.counted("unauthorized") == 2000);
    CHECK(g.w.settled());
}

TEST_CASE("a verification costs a worker its work, whatever comes of it") {
    guarded g(behind(jwt(R"(,"work":"3ms")")), token_of());
    const visit& with = g.send(1s);
    const visit& without = g.w.send(2s);
    g.w.run(5s);
    CHECK(with.ended == at(1s + 13ms));
    CHECK(without.ended == at(2s + 3ms));
}

TEST_CASE("a token travels on with the calls that are made for its request") {
    guarded g(R"({"name":"t","services":{"g":{"gateway":{"routes":{"a":{"path":"/a","to":"m.x"}}}},
        "m":{"endpoints":{"x":{"steps":[{"call":"s.x"}]}}},
        "s":{"endpoints":{"x":{"steps":[{"authenticate":{"keys":[")" +
                  secret + R"("]}}]}}}}})",
              token_of());
    const visit& with = g.send(1s);
    const visit& without = g.w.send(1s);
    g.w.run(5s);
    CHECK(good(with));
    CHECK(status(without) == 500); // what a service answers whose own call failed
}

TEST_CASE("a service that is asked about a token refuses what it refuses, and is missed") {
    const std::string asks = R"(,"authentication":{"call":"auth.introspect","timeout":"100ms"})";
    guarded g(behind(asks), token_of());
    const visit& with = g.send(1s);
    const visit& without = g.w.send(1s);
    g.w.act(2s, [&] { g.w.at_replica(3).crash(); });
    const visit& in_vain = g.send(3s);
    g.w.run(10s);
    CHECK(good(with));
    CHECK(with.ended == at(1s + 11ms));
    CHECK(status(without) == 401); // nobody has to be asked about that
    CHECK(status(in_vain) == 503);
    CHECK(g.reached("auth") == 2);
    CHECK(g.reached("s") == 1);
    CHECK(g.counted("auth_unavailable") == 1);

    guarded forged(behind(asks), token_of([](token_spec& t) { t.forged = 1; }));
    const visit& refused = forged.send(1s);
    forged.w.run(10s);
    CHECK(status(refused) == 401);
    CHECK(forged.counted("unauthorized") == 1);
}

TEST_CASE("a revoked token is refused at once by who knows of it, and at its expiry by others") {
    const auto revoked = token_of([](token_spec& t) {
        t.revoked = 5s;
        t.renewed = false;
    });
    guarded knows(behind(R"(,"authentication":{"call":"auth.introspect"})"), revoked);
    guarded cached(behind(R"(,"authentication":{"call":"auth.introspect","cache":{"ttl":"3s"}})"),
                   revoked);
    guarded alone(behind(jwt()), revoked);
    std::vector<std::size_t> let_in;
    for (guarded* g : {&knows, &cached, &alone}) {
        for (int i = 0; i < 20; ++i)
            g->send(i * 1s + 500ms); // issued in second 0, expires in second 10
        g->w.run(60s);
        let_in.push_back(g->reached("s"));
    }
    CHECK(let_in == std::vector<std::size_t>{5, 6, 10}); // cached: what was asked at 3.5 s
    CHECK(cached.reached("auth") < knows.reached("auth"));
}

TEST_CASE("requests are limited by what they ask for, by who asks, or by their token") {
    const auto limited = [](const std::string& by) {
        return behind(R"(,"rate_limit":{"by":")" + by + R"(","permits":2,"period":"1s"})");
    };
    guarded by_caller(limited("caller"));
    for (int i = 0; i < 4; ++i) {
        by_caller.send(1s);
        by_caller.w.send(1s);
    }
    by_caller.w.run(5s);
    CHECK(by_caller.counted("routed") == 4); // two of each
    CHECK(by_caller.counted("rate_limited") == 4);
    CHECK(status(by_caller.w.visits.back()) == 429);
    CHECK(by_caller.w.visits.back().result.failed().retry_after > 0s);

    guarded by_token(limited("token"), token_of([](token_spec& t) { t.holders = 50; }));
    for (int i = 0; i < 40; ++i)
        by_token.send(1s);
    by_token.w.run(5s);
    CHECK(by_token.counted("routed") > 20);

    world keys(limited("key"), {R"-({"call":"g.a","key":"uniform(1000000)"})-"});
    for (int i = 0; i < 50; ++i)
        keys.send(1s);
    keys.run(5s);
    CHECK(figures(keys).counters.at("g gateway: routed") == 50);
}

TEST_CASE("a restarted gateway has forgotten how fast its callers were") {
    guarded g(behind(R"(,"rate_limit":{"permits":1,"period":"1h"})"));
    g.send(1s);
    g.send(2s);
    g.w.act(3s, [&] { g.w.at_replica(0).crash(); });
    g.w.act(4s, [&] { g.w.at_replica(0).restart(); });
    g.send(5s);
    g.w.run(10s);
    CHECK(g.counted("routed") == 2);
    CHECK(g.counted("rate_limited") == 1); // what was counted stays
}

TEST_CASE("nobody waits for a copy, and what becomes of it is nobody's failure") {
    guarded g(behind(R"(,"mirror":{"to":"shadow.x","max_in_flight":3})"));
    std::vector<const visit*> all;
    for (int i = 0; i < 5; ++i)
        all.push_back(&g.send(1s + i * 100ms));
    g.w.act(2s, [&] { g.w.at_replica(2).crash(); });
    g.w.run(10s);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(good(*all[i]));
        CHECK(all[i]->ended == at(1s + static_cast<int>(i) * 100ms + 10ms));
    }
    CHECK(g.counted("mirrored") == 3);
    CHECK(g.counted("mirror_full") == 2);
    CHECK(g.reached("shadow") == 3);
    CHECK(g.reached("s") == 5);
    CHECK(g.w.settled());
}

TEST_CASE("a share of the requests is copied, none of them refused") {
    guarded g(behind(jwt() + R"(,"mirror":{"to":"s.x","share":"25%","max_in_flight":1000})"),
              token_of());
    for (int i = 0; i < 1000; ++i) {
        g.send(1s + i * 10ms);
        g.w.send(1s + i * 10ms);
    }
    g.w.run(100s);
    CHECK(g.counted("routed") == 1000);
    CHECK(g.counted("unauthorized") == 1000);
    CHECK(static_cast<double>(g.counted("mirrored")) == Approx(250).margin(50));
    CHECK(g.reached("s") == 1000 + g.counted("mirrored"));
}

TEST_CASE("a world that ends with copies under way leaves nothing behind") {
    guarded g(behind(R"(,"mirror":{"to":"shadow.x"})"), token_of());
    for (int i = 0; i < 10; ++i)
        g.send(i * 1ms);
    g.w.run(15ms);
    CHECK(g.counted("mirrored") == 10);
}

TEST_CASE("weights share the requests, and the same seed shares them the same") {
    std::vector<std::vector<std::uint32_t>> runs;
    for (int run = 0; run < 2; ++run) {
        std::string topology = behind(jwt());
        topology.replace(topology.find(R"("to":"s.x")"), 10, R"("to":{"s.x":80,"auth.free":20})");
        topology.replace(topology.find(R"("introspect":)"), 13, R"("free":{},"introspect":)");
        guarded g(topology, token_of([](token_spec& t) { t.forged = 0.1; }), 7);
        for (int i = 0; i < 1000; ++i)
            g.send(i * 10ms);
        g.w.run(100s);
        const auto passed = static_cast<double>(g.counted("routed"));
        CHECK(static_cast<double>(g.reached("s")) / passed == Approx(0.8).margin(0.05));
        CHECK(g.reached("s") + g.reached("auth") == g.counted("routed"));
        auto& order = runs.emplace_back();
        for (const request_record& r : g.w.books.requests)
            order.push_back(r.endpoint);
    }
    CHECK(runs[0] == runs[1]);
}

} // namespace windtunnel::topology
