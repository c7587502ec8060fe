// SPDX-License-Identifier: BSL-1.0
// The search for each kind of symptom, with its statistic and its thresholds; what is found is
// appended. A service is named by its place in the result.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "scenarios/src/explain/symptom.hpp"

namespace windtunnel::scenario::explain {

// ---- of replicas ------------------------------------------------------------------------------

/// A replica is up for less than 0.98 of a window, and was up for all of the first.
void find_down(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// For a whole window no worker worked and no job ended, though there was work before in each of
/// the windows, and: requests waited while a worker was free, or more than half a request was in
/// its hands all the time, neither in the queue nor kept by a broker, and none of them ended.
void find_standstill(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// Working time for each job 1.3 times what is usual (change_rules), of a replica or of all.
void find_slow_work(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// Requests that a broker keeps waiting: three times what is usual, and one more at least.
void find_blocked(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// Of a system that never knew a quiet time: a service's workers are busy for 0.97 of the time in
/// nine windows of ten, and requests wait.
std::optional<symptom> find_lasting_saturation(const instruments& of);
/// Its workers are busy for 0.97 of the time in five windows on end, and the queue is five times
/// as long as in the quarter of windows in which it is shortest, and holds a request for each
/// worker.
void find_saturation(const instruments& of, std::size_t service, std::vector<symptom>& into);

// ---- of tries ---------------------------------------------------------------------------------
// Looked for in all of a service's tries, in each caller's and in each instance's; the earliest
// counts, and is given to the smallest place that explains it.

/// Errors that no call made, by the tries that arrived (share_rules).
void find_own_errors(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// Answers without what the caller reads, by answers (share_rules).
void find_unreadable(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// The time to get there is 1.3 times what is usual, and 0.1 ms more.
void find_slow_ways(const instruments& of, std::size_t service, std::vector<symptom>& into);
/// A fifth of what sets out does not arrive; told where the way of what did arrive is as usual.
void find_lost_ways(const instruments& of, std::size_t service, std::vector<symptom>& into);

// ---- of policies and workloads ----------------------------------------------------------------

/// The registry's silence, elections, replicas out of sync and records that are read again, as
/// their counters tell: three times what is usual, and one a window at least (three records).
void find_in_policies(const instruments& of, std::vector<symptom>& into);
/// A workload sends 1.2 times what is usual, and four standard deviations of a Poisson count more.
void find_load(const instruments& of, std::vector<symptom>& into);

} // namespace windtunnel::scenario::explain
