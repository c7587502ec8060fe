// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/suggest.hpp"

#include <algorithm>
#include <array>

namespace windtunnel::topology {

namespace {

constexpr std::size_t longest = 100;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(char a, char b) {
    return lower(a) == lower(b);
}

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // Rows i-2, i-1 and i of the matrix of distances between beginnings of a and b.
    std::array<std::vector<std::size_t>, 3> rows;
    rows.fill(std::vector<std::size_t>(b.size() + 1));
    auto& [before, last, now] = rows;
    for (std::size_t j = 0; j <= b.size(); ++j)
        now[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before, last);
        std::swap(last, now);
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = same(a[i - 1], b[j - 1]) ? 0 : 1;
            now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = std::min(now[j], before[j - 2] + 1);
        }
    }
    return now[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& names) {
    if (word.size() > longest)
        return {};
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::string result;
    for (const std::string& name : names) {
        if (name.size() > longest)
            continue;
        if (const std::size_t distance = edit_distance(word, name); distance < best) {
            best = distance;
            result = name;
        }
    }
    return result;
}

} // namespace windtunnel::topology
