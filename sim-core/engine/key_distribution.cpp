// SPDX-License-Identifier: BSL-1.0
#include "sim-core/engine/key_distribution.hpp"

#include <algorithm>
#include <stdexcept>

#include "patterns/base/assert.hpp"
#include "sim-core/engine/elementary.hpp"
#include "sim-core/engine/number_text.hpp"

namespace windtunnel::sim {

namespace {

using detail::text;

void require_keys(const char* function, std::uint64_t keys, std::uint64_t most) {
    if (keys < 1 || keys > most)
        throw std::invalid_argument(std::string(function) + ": keys: " + std::to_string(keys) +
                                    "; must be from 1 to " + std::to_string(most));
}

} // namespace

key_distribution key_distribution::uniform(std::uint64_t keys) {
    require_keys("uniform", keys, most_keys);
    return {keys, 0, nullptr};
}

key_distribution key_distribution::zipf(double exponent, std::uint64_t keys) {
    require_keys("zipf", keys, most_zipf_keys);
    if (!(exponent > 0 && exponent <= largest_exponent))
        throw std::invalid_argument("zipf: exponent: " + text(exponent) +
                                    "; must be above 0 and at most 10");
    auto up_to = std::make_shared<table>();
    up_to->reserve(keys);
    double sum = 0;
    for (std::uint64_t k = 1; k <= keys; ++k)
        up_to->push_back(sum += own_power(static_cast<double>(k), -exponent));
    for (double& share : *up_to)
        share /= sum;
    return {keys, exponent, std::move(up_to)};
}

std::uint64_t key_distribution::sample(random_stream& random) const {
    if (up_to_ == nullptr)
        return 1 + random.below(keys_);
    const auto found = std::upper_bound(up_to_->begin(), up_to_->end(), random.uniform());
    const auto before = static_cast<std::uint64_t>(found - up_to_->begin());
    return std::min(before + 1, keys_); // the last sum may be rounded below 1
}

double key_distribution::share(std::uint64_t key) const {
    WINDTUNNEL_ASSERT(key >= 1 && key <= keys_);
    if (up_to_ == nullptr)
        return 1 / static_cast<double>(keys_);
    return (*up_to_)[key - 1] - (key == 1 ? 0 : (*up_to_)[key - 2]);
}

std::string key_distribution::describe() const {
    const std::string keys = "keys=" + std::to_string(keys_) + ")";
    if (up_to_ == nullptr)
        return "uniform(" + keys;
    return "zipf(exponent=" + text(exponent_) + ", " + keys;
}

} // namespace windtunnel::sim
