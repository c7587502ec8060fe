// SPDX-License-Identifier: BSL-1.0
// CoDel (RFC 8289), adaptive LIFO (Maurer, "Fail at scale", 2015) and DAGOR (Zhou et al., 2018) at
// a service: where they save the day, and where they do harm.
#include <catch2/catch.hpp>

#include "scenarios/catalogue/support.hpp"

namespace windtunnel::scenario {

namespace {

const std::string codel = "codel-keeps-the-queue-short", batch = "codel-drops-a-batch";
const std::string lifo = "adaptive-lifo-serves-the-newest",
                  patient = "adaptive-lifo-drops-the-patient";
const std::string whole = "priorities-keep-tasks-whole", starve = "priorities-starve-the-rest";

const std::string door = "server-admission-sheds-overload", mixed = "server-admission-mixed-work";

double good_share(const replicated_result& run, const std::string& subject) {
    return 1 - error_share(in_phase(run.merged, subject, "overall"));
}

double overloaded(const replicated_result& run, const std::string& subject) {
    return failure_share(in_phase(run.merged, subject, "overall"), failure_kind::overloaded);
}

} // namespace

TEST_CASE("CoDel drops what does not fit, a third at 1.5 times the capacity, and keeps the rest") {
    on_every_seed(codel, "", verdict::passed, [](const auto& run) {
        CHECK(good_share(run, "rush") == Approx(100.0 / 150).epsilon(0.06));
        CHECK(error_share(in_phase(run.merged, "rush", "overall")) ==
              Approx(overloaded(run, "rush")).margin(0.005));
    });
    on_every_seed(codel, "first come, first served", verdict::failed, [](const auto& run) {
        CHECK(good_share(run, "rush") < 0.05);
        CHECK(good_share(run, "callers") < 0.4); // long after the rush
    });
}

TEST_CASE("CoDel drops next to nothing below the capacity") {
    on_every_seed(codel, "60/s", verdict::passed);
}

TEST_CASE(
    "CoDel drops a fifth of batches that take longer than its interval, and none of shorter") {
    on_every_seed(batch, "", verdict::failed, [](const auto& run) {
        CHECK(overloaded(run, "job") == Approx(0.2).margin(0.05));
        CHECK(utilisation(service_in_phase(run.merged, "service", "overall")) < 0.2);
    });
    for (const std::string variant : {"interval of 5 s", "batches of 10", "no admission"})
        on_every_seed(batch, variant, verdict::passed);
}

TEST_CASE(
    "adaptive LIFO answers half of twice the capacity in time, first come first served none") {
    on_every_seed(lifo, "", verdict::passed, [](const auto& run) {
        CHECK(good_share(run, "rush") == Approx(0.5).margin(0.06));
    });
    on_every_seed(lifo, "first come, first served", verdict::failed,
                  [](const auto& run) { CHECK(good_share(run, "rush") < 0.05); });
    on_every_seed(lifo, "60/s", verdict::passed);
}

TEST_CASE("adaptive LIFO drops the batches of patient senders, unless its target is theirs") {
    on_every_seed(patient, "", verdict::failed,
                  [](const auto& run) { CHECK(overloaded(run, "job") > 0.8); });
    for (const std::string variant : {"target of 1 s", "no admission"})
        on_every_seed(patient, variant, verdict::passed);
}

TEST_CASE(
    "a door at the server refuses a third at 1.5 times the capacity, and answers the rest soon") {
    on_every_seed(door, "", verdict::passed, [](const auto& run) {
        CHECK(overloaded(run, "rush") == Approx(1 - 400.0 / 600).margin(0.05));
        CHECK(good_share(run, "rush") == Approx(400.0 / 600).margin(0.05));
    });
    on_every_seed(door, "no admission", verdict::failed, [](const auto& run) {
        CHECK(good_share(run, "rush") < 0.06);
        CHECK(good_share(run, "callers") < 0.4);
    });
}

TEST_CASE("a door at the server does no harm below the capacity, where nobody needs it") {
    for (const std::string variant : {"360/s", "360/s, no admission"})
        on_every_seed(door, variant, verdict::passed);
}

TEST_CASE("a door takes a slow bank for a queue, and refuses pages of a shop with idle threads") {
    on_every_seed(mixed, "", verdict::failed, [](const auto& run) {
        const tally pages = in_phase(run.merged, "browsers", "during 'slow bank'");
        CHECK(failure_share(pages, failure_kind::overloaded) > 0.15);
        CHECK(utilisation(service_in_phase(run.merged, "shop", "during 'slow bank'")) < 0.25);
    });
    on_every_seed(mixed, "vegas", verdict::failed);
    for (const std::string variant : {"no admission", "200 ms later", "never below 40"})
        on_every_seed(mixed, variant, verdict::passed);
}

TEST_CASE("of tasks that need a service twice more are whole when users are refused, not calls") {
    on_every_seed(whole, "", verdict::passed, [](const auto& run) {
        // Hardly a call is served in vain.
        const auto& service = service_in_phase(run.merged, "service", "overall");
        const tally tasks = in_phase(run.merged, "tasks", "overall");
        CHECK(per_second(tasks.good(), service) > 0.48 * per_second(service.waits, service));
    });
    on_every_seed(whole, "call by call", verdict::failed, [](const auto& run) {
        const auto& service = service_in_phase(run.merged, "service", "overall");
        const tally tasks = in_phase(run.merged, "tasks", "overall");
        CHECK(per_second(tasks.good(), service) < 0.4 * per_second(service.waits, service));
    });
    on_every_seed(whole, "no shedding", verdict::failed,
                  [](const auto& run) { CHECK(good_share(run, "tasks") < 0.01); });
    on_every_seed(whole, "below the capacity", verdict::passed);
}

TEST_CASE("the less important get nothing while the more important alone fill the service") {
    on_every_seed(starve, "", verdict::failed, [](const auto& run) {
        CHECK(good_share(run, "silver") < 0.001);
        CHECK(good_share(run, "gold") == Approx(1000.0 / 1500).epsilon(0.1));
    });
    on_every_seed(starve, "gold at 500/s", verdict::passed);
    on_every_seed(starve, "a rate limit by caller", verdict::passed);
}

} // namespace windtunnel::scenario
