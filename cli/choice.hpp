// SPDX-License-Identifier: BSL-1.0
// Options and arguments that are one of a few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace windtunnel::cli {

/// Throws usage_error: "OF: expected A, B or C, found "word"; did you mean A?".
[[noreturn]] void refuse_word(const std::string& of, const std::string& word,
                              const std::vector<std::string>& known);

/// What the word stands for; refuse_word where it is not there.
template <class T>
T chosen(const std::string& of, const std::string& word,
         const std::vector<std::pair<std::string, T>>& choices) {
    std::vector<std::string> known;
    for (const auto& [name, value] : choices) {
        if (name == word)
            return value;
        known.push_back(name);
    }
    refuse_word(of, word, known);
}

} // namespace windtunnel::cli
