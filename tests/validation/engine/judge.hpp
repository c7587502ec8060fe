// SPDX-License-Identifier: BSL-1.0
// Runs a row on its seeds and judges its claims.
//   exact   every seed: relative 1e-9.
//   random  |mean - expected| <= t * SE, where SE is the standard error of the mean over the seeds
//           and t Student's quantile with seeds - 1 degrees of freedom, such that all random
//           claims of all tables together raise a false alarm with probability 0.1 % (Bonferroni).
//           So that this has power: at least 8 seeds, SE <= 1 % of the expected value, and
//           t * SE <= 3 % of it (what 3 standard errors of 1 % would accept) unless the row says
//           another `half_width`; else the claim fails, too: run longer.
//   published  |mean - expected| <= 3 * sqrt(SE^2 + s^2 / runs): the expected figure is itself a
//   mean,
//           over so many runs of its author, whose deviation s is taken to be the one found here.
//           At least 8 seeds, and SE <= 1 % of the expected value.
//   stated  |mean - expected| <= tolerance * expected.
// The seeds are base, base + 1, ...; base is WINDTUNNEL_SEED_BASE in the environment, or 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "validation/engine/table.hpp"

namespace windtunnel::validation {

struct finding {
    std::string claim;
    claim::kind what = claim::kind::exact;
    double expected = 0, observed = 0, standard_error = 0;
    std::string wrong; ///< empty: it holds
};

struct row_report {
    std::string table, row;
    std::uint64_t first_seed = 1;
    int seeds = 0;
    double seconds = 0; ///< that it took
    std::vector<finding> findings;
    std::vector<std::string> violations; ///< of laws and expectations, "seed 3: ..."
};

/// How many random claims there are in all tables: the size of the family.
int random_claims();

row_report judge(const std::string& table, const row& r);

/// "| row | claim | observed | ... |", one line a claim, for docs/validation.md.
std::string markdown(const row_report& report);

} // namespace windtunnel::validation
