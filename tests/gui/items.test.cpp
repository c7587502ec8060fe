// SPDX-License-Identifier: BSL-1.0
#include "gui/model/items.hpp"

#include <catch2/catch.hpp>

namespace windtunnel::gui {

namespace {

constexpr rgba black = 0xff000000, white = 0xffffffff, grey = 0xff777777; // alpha first
constexpr rectangle display{0, 0, 800, 600};

item text(const std::string& what, const rectangle& place, rgba ink = white) {
    return {.name = what, .layer = "one", .place = place, .visible = display, .ink = ink};
}

item_registry on_black() {
    item_registry r;
    r.begin_frame(black);
    return r;
}

} // namespace

TEST_CASE("contrast is that of WCAG 2.1") {
    CHECK(contrast(white, black) == Approx(21));
    CHECK(contrast(white, white) == Approx(1));
    CHECK(contrast(grey, white) == Approx(4.478).margin(0.001)); // #777777, the well-known failure
    CHECK(contrast(0x00ffffff, black) == Approx(1));             // nobody sees it
}

TEST_CASE("what can be read has nothing to complain of") {
    item_registry r = on_black();
    r.text(text("a", {10, 10, 50, 30}));
    r.text(text("b", {60, 10, 90, 30}));
    r.control({.name = "play", .place = {0, 0, 9, 9}, .key = "space"});
    CHECK(complaints(r, display).empty());
}

TEST_CASE("texts that overlap are found, unless they are in different windows") {
    item_registry r = on_black();
    r.text(text("a", {10, 10, 50, 30}));
    item other = text("b", {40, 15, 90, 35});
    other.layer = "a tooltip";
    r.text(other);
    CHECK(complaints(r, display).empty());
    r.text(text("c", {40, 15, 90, 35}));
    REQUIRE(complaints(r, display).size() == 1);
    CHECK_THAT(complaints(r, display)[0], Catch::Matchers::Contains("\"a\" and \"c\" overlap"));
}

TEST_CASE("text that leaves its window or the display is found") {
    item_registry r = on_black();
    item cut = text("a", {10, 10, 50, 30});
    cut.visible.right = 40;
    r.text(cut);
    r.text(text("b", {780, 10, 820, 30}));
    CHECK(complaints(r, display).size() == 2);
    item moved = text("c", {-10, 50, 40, 70});
    r.begin_moving();
    r.text(moved);
    r.end_moving();
    CHECK(complaints(r, display).size() == 2);
}

TEST_CASE("contrast is with the last area below the text") {
    item_registry r = on_black();
    r.text(text("a", {10, 10, 50, 30}));
    r.fill("one", {0, 0, 100, 100}, 0xffeeeeee);
    r.text(text("b", {10, 40, 50, 60}));
    const auto found = complaints(r, display);
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Catch::Matchers::Contains("\"b\" has a contrast of 1."));
    r.fill("one", {0, 0, 100, 100}, 0x80000000); // half black: grey
    r.text(text("c", {10, 70, 50, 90}));
    CHECK(complaints(r, display).size() == 2); // white on #777777 is 4.48
}

TEST_CASE("a control without a key is found") {
    item_registry r = on_black();
    r.control({.name = "play", .place = {0, 0, 9, 9}});
    REQUIRE(complaints(r, display).size() == 1);
    CHECK(r.find("play") != nullptr);
    CHECK(r.find("stop") == nullptr);
}

TEST_CASE("a new frame has nothing of the last one") {
    item_registry r = on_black();
    r.fill("one", display, white);
    r.text(text("a", {10, 10, 50, 30}));
    CHECK(r.says("a"));
    r.begin_frame(black);
    CHECK(r.items().empty());
    r.text(text("b", {10, 10, 50, 30}));
    CHECK(complaints(r, display).empty());
}

} // namespace windtunnel::gui
