// SPDX-License-Identifier: BSL-1.0
// What takes long: boundaries that theory knows, found from outside by search alone; both cores
// busy; and a sweep that is killed again and again.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cmath>
#include <csignal>
#include <ctime>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "cli/support.hpp"

namespace windtunnel::cli {

using json = nlohmann::json;

namespace {

struct bracket {
    double passing = 0, failing = 0;
    double middle() const { return (passing + failing) / 2; }
};

bracket found_in(const scratch_folder& folder, const std::string& scenario,
                 std::vector<std::string> words) {
    const auto file = folder.write("scenario.json", scenario);
    words.insert(words.begin(), {"sweep", file, "--find", "--format", "json"});
    const auto end = windtunnel(words, {.limit = std::chrono::minutes{10}});
    INFO(end.out);
    INFO(end.err);
    REQUIRE(end.code == 0);
    const json found = json::parse(end.out)["boundary"];
    REQUIRE(found["status"] == "found");
    return {found["passing"]["value"].get<double>(), found["failing"]["value"].get<double>()};
}

// ---- queues -------------------------------------------------------------------------------------

/// M/M/c: `servers` that take 1/mu each, and a bound on the p99 of the time in the system.
std::string queue_scenario(int servers, const std::string& mean, const std::string& bound) {
    return R"j({"topology":{"name":"t","services":{"queue":{"workers":)j" +
           std::to_string(servers) + R"j(,"endpoints":{"ask":{"work":"exponential(mean=)j" + mean +
           R"j()"}}}}},
  "warmup":"100s","duration":"3000s","window":"10s",
  "workload":[{"name":"users","to":"queue.ask","arrivals":"poisson(50/s)"}],
  "expect":["users: p99 < )j" +
           bound + R"j("]})j";
}

/// Erlang C: the probability of having to wait.
double waits(int servers, double lambda, double mu) {
    const double a = lambda / mu;
    double blocked = 1; // Erlang B by its recursion
    for (int n = 1; n <= servers; ++n)
        blocked = a * blocked / (n + a * blocked);
    return blocked / (1 - a / servers * (1 - blocked));
}

/// P(time in the system > t): a service, and with the probability of waiting a wait before it,
/// exponential with c mu - lambda.
double exceeds(int servers, double lambda, double mu, double t) {
    const double theta = servers * mu - lambda, c = waits(servers, lambda, mu);
    const double both = (theta * std::exp(-mu * t) - mu * std::exp(-theta * t)) / (theta - mu);
    return servers == 1 ? std::exp(-theta * t) : (1 - c) * std::exp(-mu * t) + c * both;
}

/// The load at which a hundredth takes longer than t.
double load_at(int servers, double mu, double t) {
    double low = 0, high = servers * mu * (1 - 1e-9);
    for (int i = 0; i < 100; ++i) {
        const double middle = (low + high) / 2;
        (exceeds(servers, middle, mu, t) < 0.01 ? low : high) = middle;
    }
    return low;
}

// ---- metastability ------------------------------------------------------------------------------

/// Bronson et al. (HotOS 2021): a database that does 300/s, in the order in which they come,
/// whoever still waits for them; clients that wait T and try a times; an outage of 10 s.
std::string storm(const std::string& load) {
    return R"j({"topology":{"name":"t","services":{"db":{"workers":1,"queue":{"capacity":100000},
    "endpoints":{"query":{"work":"3333333ns"}}}}},
  "warmup":"10s","duration":"1700s","window":"1s",
  "workload":[{"name":"clients","to":"db.query","arrivals":"poisson()j" +
           load + R"j()","timeout":"1s",
    "retry":{"max_attempts":2,"initial_backoff":"0s","jitter":"none"}}],
  "faults":[{"name":"outage","at":"30s","for":"10s","pause":{"on":"db"}}],
  "expect":["clients: recovers within 1500s after 'outage'"]})j";
}

constexpr double mu = 300, patience = 1;

} // namespace

TEST_CASE("the load at which the p99 of one server passes a bound is found") {
    const scratch_folder folder;
    const auto b = found_in(
        folder, queue_scenario(1, "10ms", "230ms"),
        {"-P", "load=20/s..99/s", "--reps", "8", "--max-replications", "32", "--within", "2%"});
    const double theory = 100 - std::log(100) / 0.23; // the time is exponential with mu - lambda
    CHECK(load_at(1, 100, 0.23) == Approx(theory));
    CHECK(b.middle() == Approx(theory).epsilon(0.02));
}

TEST_CASE("the load at which the p99 of four servers passes a bound is found") {
    const scratch_folder folder;
    const auto b = found_in(
        folder, queue_scenario(4, "40ms", "320ms"),
        {"-P", "load=20/s..99/s", "--reps", "8", "--max-replications", "32", "--within", "2%"});
    CHECK(b.middle() == Approx(load_at(4, 25, 0.32)).epsilon(0.02));
}

TEST_CASE("an overload outlives its cause from the load on at which all attempts exceed the "
          "capacity") {
    const scratch_folder folder;
    const auto b = found_in(folder, storm("200/s"), {"-P", "load=50/s..280/s", "--reps", "4"});
    CHECK(b.middle() == Approx(mu / 2).epsilon(0.02)); // a lambda = mu, a = 2
    const auto attempts = found_in(folder, storm("80/s"), {"-P", "retry.max_attempts=1..12"});
    CHECK(attempts.passing == 3); // 240/s
    CHECK(attempts.failing == 4); // 320/s
}

TEST_CASE("an overload outlives its cause where the queue takes longer than the callers wait") {
    const scratch_folder folder;
    const auto queue = found_in(folder, storm("280/s"), {"-P", "db.queue.capacity=10..10000"});
    CHECK(queue.middle() == Approx(mu * patience).epsilon(0.02)); // K = mu T
    const auto timeout = found_in(
        folder, storm("280/s"),
        {"-P", "clients.timeout=50ms..20s", "-D", "topology.services.db.queue.capacity=600"});
    CHECK(timeout.middle() == Approx(600 / mu).epsilon(0.02));
}

// ---- both cores ---------------------------------------------------------------------------------

namespace {

/// Processor time that as many threads as there are cores get in half a second, by that time.
double cores_free() {
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::clock_t before = std::clock();
    const auto begun = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < cores; ++i)
            threads.emplace_back([begun] {
                while (std::chrono::steady_clock::now() - begun < std::chrono::milliseconds{500})
                    ;
            });
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / took.count();
}

std::string short_points(const std::string& length) {
    return R"j({"topology":{"name":"t","services":{"queue":{"workers":4,
    "endpoints":{"ask":{"work":"exponential(mean=10ms)"}}}}},
  "duration":")j" +
           length + R"j(",
  "workload":[{"name":"users","to":"queue.ask","arrivals":"poisson(50/s)"}],
  "expect":["users: p99 < 60ms"]})j";
}

} // namespace

TEST_CASE("a sweep of 200 points keeps every core busy for over nine tenths of the time") {
    const scratch_folder folder;
    const auto file = folder.write("scenario.json", short_points("200s"));
    double best = 0; // of what a program could have got beside whatever else runs here
    for (int i = 0; i < 5 && best <= 0.9; ++i) {
        const double before = cores_free();
        const auto end = windtunnel({"sweep", file, "-P", "load=101/s..300/s:1/s", "-q"},
                                    {.limit = std::chrono::minutes{5}});
        REQUIRE(end.code == 0);
        const double free = (before + cores_free()) / 2;
        best = std::max(best, end.worked.count() / end.took.count() / free);
    }
    WARN("share of the cores: " << best);
    CHECK(best > 0.9);
}

// ---- killed -------------------------------------------------------------------------------------

TEST_CASE("a sweep that is killed twenty times at any moment ends with the same bytes") {
    const scratch_folder folder;
    const auto file = folder.write("scenario.json", short_points("200s"));
    const auto words = [&](const std::string& name, int threads) {
        return std::vector<std::string>{"sweep", file,
                                        "-P",    "load=201/s..300/s:1/s",
                                        "-P",    "queue.workers=4,5",
                                        "-j",    std::to_string(threads),
                                        "-o",    folder.file(name + ".csv"),
                                        "-o",    folder.file(name + ".json"),
                                        "-o",    folder.file(name + ".svg"),
                                        "-o",    folder.file(name + ".txt")};
    };
    const auto outputs = [&](const std::string& name) {
        std::string all;
        for (const char* ending : {".csv", ".json", ".svg", ".txt"})
            all += content(folder.file(name + ending));
        return all;
    };
    const auto whole = windtunnel(words("whole", 2), {.limit = std::chrono::minutes{5}});
    REQUIRE(whole.code == 0);
    const double length = whole.took.count();
    std::minstd_rand random(20);
    std::uniform_real_distribution<double> moment(0, length / 5);
    int kills = 0, ends = 0;
    while (kills < 20 || ends == 0) {
        process sweep(words_of(words("cut", 1 + static_cast<int>(random() % 3))),
                      {.limit = std::chrono::minutes{5}});
        if (kills < 20) {
            std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
            sweep.send(SIGKILL);
        }
        const auto end = sweep.finish();
        kills += end.signal == SIGKILL ? 1 : 0;
        if (end.signal == SIGKILL)
            continue;
        ++ends;
        REQUIRE(end.code == 0);
        CHECK(outputs("cut") == outputs("whole"));
        CHECK(end.out == whole.out);
    }
}

} // namespace windtunnel::cli
