#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the golden values of random_stream.test.cpp: xoshiro256++ 1.0 and SplitMix64 after their
authors' reference code, FNV-1a after its RFC draft, in Python's integers."""

MASK = (1 << 64) - 1


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def split_mix(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def rotl(x, k):
    return ((x << k) | (x >> (64 - k))) & MASK


def xoshiro256pp(s):
    while True:
        yield (rotl((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)


def stream(seed, name):
    words = split_mix(next(split_mix(seed)) ^ fnv1a(name))
    return xoshiro256pp([next(words) for _ in range(4)])


# Known answers: rand_xoshiro's tests and Rosetta Code.
known = xoshiro256pp([1, 2, 3, 4])
assert [next(known) for _ in range(3)] == [41943041, 58720359, 3588806011781223]
known = split_mix(1234567)
assert [next(known) for _ in range(2)] == [6457827717110365317, 3203168211198807973]
assert fnv1a("a") == 0xAF63DC4C8601EC8C

for seed, name in ((0, ""), (1, "arrivals"), (42, "breaker/productpage"), (MASK, "a")):
    draws = stream(seed, name)
    print(f'{{{seed}ULL, "{name}", {{' + ", ".join(f"0x{next(draws):016x}ULL" for _ in range(4)) + "}},")

draws = stream(1, "arrivals")
print("uniform", [(next(draws) >> 11) * 2.0**-53 for _ in range(3)])
draws = stream(1, "arrivals")
print("below 1000", [(next(draws) * 1000) >> 64 for _ in range(6)])
