// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/verdict.hpp"

#include <algorithm>

namespace windtunnel::scenario {

std::string_view to_string(verdict v) {
    switch (v) {
    case verdict::passed:
        return "passed";
    case verdict::inconclusive:
        return "inconclusive";
    case verdict::failed:
        return "failed";
    case verdict::invalid_baseline:
        return "invalid_baseline";
    case verdict::invalid:
        return "invalid";
    case verdict::aborted:
        return "aborted";
    case verdict::error:
        return "error";
    }
    return "";
}

int exit_code(verdict v, int signal) {
    switch (v) {
    case verdict::passed:
        return 0;
    case verdict::inconclusive:
        return 4;
    case verdict::failed:
        return 1;
    case verdict::invalid_baseline:
        return 3;
    case verdict::invalid:
        return 2;
    case verdict::aborted:
        return 128 + signal;
    case verdict::error:
        return 70;
    }
    return 70;
}

verdict verdict_of(check_status status) {
    switch (status) {
    case check_status::passed:
        return verdict::passed;
    case check_status::failed:
        return verdict::failed;
    case check_status::invalid_baseline:
        return verdict::invalid_baseline;
    case check_status::inconclusive:
        return verdict::inconclusive;
    }
    return verdict::error;
}

verdict worse(verdict a, verdict b) {
    return std::max(a, b);
}

verdict verdict_of(const std::vector<expectation_result>& checked, run_status status) {
    verdict result = status == run_status::aborted ? verdict::aborted : verdict::passed;
    for (const expectation_result& each : checked)
        result = worse(result, verdict_of(each.status));
    return result;
}

} // namespace windtunnel::scenario
