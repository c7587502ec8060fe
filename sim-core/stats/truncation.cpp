// SPDX-License-Identifier: BSL-1.0
#include "sim-core/stats/truncation.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sim-core/stats/confidence.hpp"

namespace windtunnel::sim {

namespace {

constexpr std::size_t least_batches = 10;

std::vector<double> batch_means(std::span<const double> series) {
    std::vector<double> means;
    means.reserve(series.size() / mser_batch);
    for (std::size_t i = 0; i + mser_batch <= series.size(); i += mser_batch) {
        const auto batch = series.subspan(i, mser_batch);
        means.push_back(std::accumulate(batch.begin(), batch.end(), 0.0) / mser_batch);
    }
    return means;
}

} // namespace

std::optional<std::size_t> mser_truncation(std::span<const double> series) {
    const std::vector<double> means = batch_means(series);
    if (means.size() < least_batches)
        return {};
    // From the back, so that each batch is added once.
    moments kept;
    std::size_t best = means.size();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = means.size(); i-- > 0;) {
        if (!std::isfinite(means[i]))
            return {};
        kept.add(means[i]);
        const auto n = static_cast<double>(kept.count());
        // Fewer than five have a small error by luck; of equals the earliest.
        if (kept.count() < mser_batch)
            continue;
        const double score = *kept.variance() * (n - 1) / (n * n);
        if (score <= least) {
            least = score;
            best = i;
        }
    }
    if (best > means.size() / 2)
        return {};
    return best * mser_batch;
}

} // namespace windtunnel::sim
