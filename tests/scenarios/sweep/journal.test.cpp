// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/journal.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "scenarios/sweep/support.hpp"

namespace windtunnel::scenario {

namespace {

using Catch::Matchers::Contains;

point_result some_point(const std::string& load, double p99) {
    point_result p = made_point({load}, 2, verdict::failed, 1, 1);
    p.seed = 3;
    p.expectations = {{"users: p50 < 20ms", check_status::failed, unit_kind::time, 1.0 / 3, "x",
                       std::pair{0.1, 1.0 / 7}}};
    p.metrics = {{"users: p99", unit_kind::time, p99}, {"users: errors", unit_kind::share, {}}};
    return p;
}

/// As long as it lives no file of this process may grow beyond that.
class file_size_limit {
  public:
    explicit file_size_limit(std::size_t most) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{most, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    ~file_size_limit() { setrlimit(RLIMIT_FSIZE, &before_); }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

  private:
    rlimit before_{};
};

} // namespace

TEST_CASE("a point goes to a line and back without loss") {
    const auto p = some_point("10/s", 0.1 + 0.2);
    const auto back = point_from_line(to_line(p));
    REQUIRE(back);
    CHECK(to_line(*back) == to_line(p));
    CHECK(back->metrics[0].value == 0.1 + 0.2);
    CHECK_FALSE(back->metrics[1].value);
    CHECK(back->verdict == verdict::failed);
    CHECK(back->alone_failed == 1);
    const std::string line = to_line(p);
    for (std::size_t cut = 0; cut < line.size(); cut += 7)
        CHECK_FALSE(point_from_line(line.substr(0, cut)));
    CHECK_FALSE(point_from_line(R"({"values":["a"]})"));
}

TEST_CASE("a journal knows its points when it is opened again") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s,20/s,30/s"});
    const std::string path = folder.file("j");
    {
        sweep_journal journal(path, plan);
        CHECK(journal.found() == 0);
        journal.append(some_point("10/s", 1));
        journal.append(some_point("20/s", 2));
        CHECK_THAT(message_of([&] { sweep_journal(path, plan); }),
                   Contains("is being written by another sweep"));
    }
    sweep_journal again(path, plan);
    CHECK(again.found() == 2);
    CHECK(again.dropped() == 0);
    REQUIRE(again.find({"20/s"}, 2));
    CHECK(again.find({"20/s"}, 2)->metrics[0].value == 2.0);
    CHECK(again.find({"20/s"}, 4) == nullptr);
    CHECK(again.find({"30/s"}, 2) == nullptr);
}

TEST_CASE("whatever was cut off at whatever byte, the whole lines before it are kept") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s,20/s,30/s"});
    const std::string path = folder.file("j");
    {
        sweep_journal journal(path, plan);
        journal.append(some_point("10/s", 1));
        journal.append(some_point("20/s", 2));
    }
    const std::string whole = test::content(path);
    for (std::size_t size = 0; size <= whole.size(); size += 13) {
        folder.write("j", whole.substr(0, size));
        const auto lines =
            std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size), '\n');
        INFO(size);
        {
            sweep_journal journal(path, plan);
            CHECK(journal.found() ==
                  static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, lines - 1)));
            journal.append(some_point("30/s", 3));
        }
        CHECK(sweep_journal(path, plan).find({"30/s"}, 2) != nullptr);
    }
}

TEST_CASE("a line that is damaged is left out, and counted") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s,20/s,30/s"});
    const std::string path = folder.file("j");
    { sweep_journal journal(path, plan); }
    std::string short_list = to_line(some_point("20/s", 1));
    const auto at = short_list.find("\"alone\":["), end = short_list.find(']', at);
    short_list.erase(at + 9, end - at - 9);
    std::ofstream(path, std::ios::app) << "nonsense\n{\"values\":[]}\n"
                                       << short_list << "\n"
                                       << to_line(some_point("10/s", 1)) << "\n";
    sweep_journal journal(path, plan);
    CHECK(journal.dropped() == 3);
    CHECK(journal.found() == 1);
}

TEST_CASE("what is no journal of this sweep is refused, and stays as it is") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s,20/s,30/s"});
    const std::string path = folder.file("j");
    const auto refusal = [&](const sweep_plan& other) {
        return message_of([&] { sweep_journal(path, other); });
    };
    {
        sweep_journal journal(path, plan);
        journal.append(some_point("10/s", 1));
    }
    const std::string before = test::content(path);
    CHECK_THAT(refusal(folder.over({"load=10/s,20/s"})),
               Contains("is of another sweep, with -P load=10/s,20/s,30/s; remove it to begin "
                        "anew, or name another file with --resume"));
    sweep_options options{{}, {"load=10/s,20/s,30/s"}, {"users: p90"}, false};
    CHECK_THAT(refusal(folder.plan(options)), Contains("is of a sweep with other metrics"));
    options.metrics = {};
    options.base.seed = 4;
    CHECK_THAT(refusal(folder.plan(options)), Contains("is of a sweep with the seed 3"));
    options.base = {.variant = "busy"};
    CHECK_THAT(refusal(folder.plan(options)), Contains("is of another scenario, or of this one"));
    folder.write(
        "counter.topology.json",
        R"({"name":"t","services":{"counter":{"workers":3,"endpoints":{"ask":{"work":"1ms"}}}}})");
    CHECK_THAT(refusal(folder.over({"load=10/s,20/s,30/s"})),
               Contains("is of another scenario, or of this one"));
    CHECK(test::content(path) == before);
    folder.write("j", "a letter to a friend\n");
    CHECK_THAT(refusal(plan), Contains("is something else"));
    folder.write("j", "a letter without an end");
    CHECK_THAT(refusal(plan), Contains("is something else"));
    folder.write("j", R"({"windtunnel_sweep":1,"version":"0.0.1"})"
                      "\n");
    CHECK_THAT(refusal(plan), Contains("is of windtunnel 0.0.1, and this is "));
    CHECK_THAT(message_of([&] { sweep_journal(folder.file("no/such/j"), plan); }),
               Contains("No such file or directory; name another with --resume"));
    CHECK_THAT(message_of([&] { sweep_journal("/dev/null", plan); }),
               Contains("is no file that can be gone on with"));
}

TEST_CASE("a file that can grow no more is noticed once, and no line is left half written") {
    const sweep_folder folder;
    const auto plan = folder.over({"load=10/s,20/s,30/s"});
    const std::string path = folder.file("j");
    sweep_journal journal(path, plan);
    const std::string header = test::content(path);
    {
        const file_size_limit limit(header.size() + 50);
        journal.append(some_point("10/s", 1));
        CHECK_FALSE(journal.failure().empty());
        CHECK(test::content(path) == header);
    }
    journal.append(some_point("20/s", 1)); // what could be written now would have a gap before it
    CHECK(test::content(path) == header);
}

} // namespace windtunnel::scenario
