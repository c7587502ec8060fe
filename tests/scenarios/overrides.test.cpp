// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/overrides.hpp"

#include <catch2/catch.hpp>

#include "scenarios/format_support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string original =
    R"({"a":{"b":1},"list":[{"name":"x","v":1},{"name":"y","v":2}],"with/slash":3})";

std::string changed(const std::string& path, const std::string& value) {
    return with_override(topology::document::parse(original, "f"), {path, value, ""}).root().text();
}

std::string broken(const std::string& path, const std::string& value) {
    return message_of([&] { changed(path, value); });
}

} // namespace

TEST_CASE("a value is put at a dotted path or a JSON pointer") {
    CHECK(changed("a.b", "2") ==
          R"({"a":{"b":2},"list":[{"name":"x","v":1},{"name":"y","v":2}],"with/slash":3})");
    CHECK(changed("/a/b", "2") == changed("a.b", "2"));
    CHECK(changed("/with~1slash", "4").ends_with(R"("with/slash":4})"));
}

TEST_CASE("an element of a list is found by its number or its name") {
    CHECK(changed("list.1.v", "5") ==
          R"({"a":{"b":1},"list":[{"name":"x","v":1},{"name":"y","v":5}],"with/slash":3})");
    CHECK(changed("list.y.v", "5") == changed("list.1.v", "5"));
    CHECK(changed("/list/0", "0").find(R"([0,{"name":"y","v":2}])") != std::string::npos);
}

TEST_CASE("what is no JSON is a text") {
    CHECK(changed("a", "250ms").starts_with(R"({"a":"250ms",)"));
    CHECK(changed("a", R"(say "hi")").starts_with(R"({"a":"say \"hi\"",)"));
    CHECK(changed("a", "\"3\"").starts_with(R"({"a":"3",)"));
    CHECK(changed("a", "null").starts_with(R"({"a":null,)"));
    CHECK(changed("a", R"({"c":[1]})").starts_with(R"({"a":{"c":[1]},)"));
}

TEST_CASE("an argument of a text is found by its name, or by that of its place") {
    const auto with = [](const std::string& text, const std::string& path) {
        return with_override(topology::document::parse(R"({"a":")" + text + R"("})", "f"),
                             {path, "7ms", ""})
            .root()
            .find("a")
            ->string();
    };
    CHECK(with("poisson(200/s)", "a.rate") == "poisson(7ms)");
    CHECK(with("poisson(rate=200/s)", "a.rate") == "poisson(rate=7ms)");
    CHECK(with("batches(9/s, size=5)", "/a/size") == "batches(9/s, size=7ms)");
    CHECK(with("2ms + lognormal( mean = 4ms , p99=9ms)", "a.mean") ==
          "2ms + lognormal( mean = 7ms , p99=9ms)");
    CHECK(
        message_of([&] { with("spike(base=1/s, peak=2/s, at=1s, for=1s, regular)", "a.paek"); }) ==
        "-D a.paek=7ms: error: there is no \"paek\" in the string \"spike(base=1/s, peak=2/s, "
        "at=1s, for=1s, regular)\", which has base, peak, at, for");
}

TEST_CASE("objects that are missing on the way are made") {
    CHECK(changed("n.e.w", "1").ends_with(R"("n":{"e":{"w":1}}})"));
}

TEST_CASE("a path that leads nowhere is an error") {
    CHECK(broken("list.z.v", "1") ==
          "-D list.z.v=1: error: the array has no element \"z\"; it has 0 to 1, x, y; did you "
          "mean \"x\"?");
    CHECK(broken("a.b.c", "1") ==
          "-D a.b.c=1: error: there is no \"c\" in the number 1, which is no object");
    CHECK(broken("a..b", "1") == "-D a..b=1: error: the path \"a..b\" has an empty part");
    CHECK(broken("", "1") == "-D =1: error: the path \"\" has an empty part");
}

TEST_CASE("a name that is not there is answered with the nearest, not taken for a new one") {
    const auto with = [](const char* path) {
        load_options options;
        options.set = {{path, "3", ""}};
        return message_of([&] { shop_with("{}", options); });
    };
    CHECK(with("topology.services.cat.workers") ==
          "-D topology.services.cat.workers=3: error: there is no \"cat\" in services, only web, "
          "cart, pay; did you mean \"cart\"?");
    CHECK(with("topology.services.cart.endpoints.GET /card.work") ==
          "-D topology.services.cart.endpoints.GET /card.work=3: error: there is no \"GET /card\" "
          "in endpoints, only GET /cart, GET /a: b; did you mean \"GET /cart\"?");
    CHECK(with("workload.reader.timeout") ==
          "-D workload.reader.timeout=3: error: the array has no element \"reader\"; it has 0, "
          "readers; did you mean \"readers\"?");
}

TEST_CASE("an override is named in the messages about it") {
    load_options options;
    options.set = {{"duratoin", "5s", ""}};
    CHECK(message_of([&] { shop_with("{}", options); }) ==
          "-D duratoin=5s: error: unknown key \"duratoin\" in scenario; did you mean "
          "\"duration\"?");
    options.set = {{"workload.readers.arrivals", "poison(5/s)", ""}};
    CHECK(message_of([&] { shop_with("{}", options); }) ==
          "-D workload.readers.arrivals=poison(5/s): error: \"poison(5/s)\" says no way to "
          "arrive; there is constant(100/s), poisson(200/s), batches(100/s, size=5), "
          "on_off(on=160/s, off=20/s, on_mean=10s, off_mean=10s), ramp(from=10/s, to=100/s, "
          "over=60s), spike(base=50/s, peak=200/s, at=30s, for=10s); did you mean "
          "\"poisson\"?");
    options.set = {{"expect.0", "readers: p99 < 7ms", ""}};
    const auto spec =
        shop_with(R"({"expect": ["readers: p99 < 1s", "readers: p50 < 1s"]})", options);
    CHECK(spec.expectations[0].where.text() == "-D expect.0=readers: p99 < 7ms");
    CHECK(spec.expectations[1].where.text() == "patch:1:34"); // its neighbour stands where it stood
    options.set.clear();
    options.length = std::chrono::seconds{0};
    CHECK(message_of([&] { shop_with("{}", options); }) ==
          "--duration: error: expected a duration above zero, found the string \"0s\"");
}

} // namespace windtunnel::scenario
