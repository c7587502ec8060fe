// SPDX-License-Identifier: BSL-1.0
// Golden values, computed by an independent program in Python.
#include "patterns/discovery/stable_hash.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace windtunnel;

TEST_CASE("the hash of a number is SplitMix64's") {
    CHECK(stable_hash(0) == 0xe220a8397b1dcdaf);
    CHECK(stable_hash(1) == 0x910a2dec89025cc1);
    CHECK(stable_hash(2) == 0x975835de1c9756ce);
    CHECK(stable_hash(~std::uint64_t{0}) == 0xe4d971771b652c20);
}

TEST_CASE("the hash of two numbers depends on their order") {
    CHECK(stable_hash(1, 2) == 0xbcd9dbb49673066b);
    CHECK(stable_hash(2, 1) == 0xe06dd043328bd285);
}

TEST_CASE("the hash of a text takes every byte and the length") {
    CHECK(stable_hash("") == 0xa706dd2f4d197e6f);
    CHECK(stable_hash("a") == 0xc44f4272ffacbe27);
    CHECK(stable_hash("12345678") == 0x12a7c5669f43c53);
    CHECK(stable_hash("123456789") == 0xbe595f0dcf7e477d);
    CHECK(stable_hash("10.0.0.1:80") == 0x2ab51cc1c2e50f94);
    const std::string zeroes(3, '\0');
    CHECK(stable_hash(zeroes) != stable_hash(zeroes.substr(1)));
    CHECK(stable_hash("\xff") != stable_hash("\x7f"));
}

static_assert(stable_hash("10.0.0.1:80") == 0x2ab51cc1c2e50f94, "usable at compile time");
