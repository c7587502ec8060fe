// SPDX-License-Identifier: BSL-1.0
#include "sim-core/physics/simgrid/isolation_server.hpp"

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <poll.h>
#include <string>
#include <thread>
#include <vector>

using namespace windtunnel::sim;

namespace {

/// What the tests' workers can be asked to do.
std::string handle(const std::string& request) {
    const std::string verb = request.substr(0, request.find(' '));
    const std::string rest = request.substr(std::min(request.size(), verb.size() + 1));
    if (verb == "echo")
        return rest;
    if (verb == "fill")
        return std::string(std::stoul(rest), 'x');
    if (verb == "size")
        return std::to_string(request.size());
    if (verb == "throw")
        throw std::runtime_error(rest);
    if (verb == "exit")
        _exit(std::stoi(rest));
    if (verb == "sleep")
        ::sleep(600);
    std::fputs("about to abort: ", stderr);
    std::fputs(rest.c_str(), stdout);
    std::fflush(stdout);
    std::abort();
}

std::string crash_of(const isolation_server& server, const std::string& request) {
    try {
        return "a reply: " + server.run(request);
    } catch (const isolated_crash& e) {
        return e.what();
    }
}

} // namespace

TEST_CASE("an isolated job gives its bytes back and changes nothing here") {
    int here = 1;
    const std::string bytes("\0\1\n\xff", 4);
    CHECK(run_isolated([&] {
              here = 2;
              return bytes;
          }) == bytes);
    CHECK(here == 1);
    CHECK(run_isolated([] { return std::string(); }).empty());
}

TEST_CASE("an isolated job that throws or crashes is an exception here") {
    CHECK_THROWS_AS(run_isolated([]() -> std::string { throw std::logic_error("no"); }),
                    isolated_error);
    CHECK_THROWS_WITH(run_isolated([]() -> std::string { throw std::logic_error("no"); }), "no");
    try {
        run_isolated([]() -> std::string {
            std::fputs("the reason", stderr);
            std::abort();
        });
        FAIL("no exception");
    } catch (const isolated_crash& e) {
        CHECK(e.signal() == SIGABRT);
        CHECK_THAT(e.what(), Catch::Contains("signal 6") && Catch::Contains("the reason"));
    }
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1); // nobody is left behind
}

TEST_CASE("a server answers each request in a process of its own") {
    int calls = 0;
    const isolation_server server([&](const std::string& request) {
        return request + std::to_string(++calls) + (getpid() == 0 ? "" : "!");
    });
    CHECK(server.run("a") == "a1!");
    CHECK(server.run("b") == "b1!");
    CHECK(calls == 0);
}

TEST_CASE(
    "a server's worker that throws, ends or aborts is an exception, and the server lives on") {
    const isolation_server server(handle);
    CHECK_THROWS_AS(server.run("throw sorry"), isolated_error);
    CHECK_THROWS_WITH(server.run("throw sorry"), "sorry");
    CHECK(crash_of(server, "exit 7") == "the isolated run ended without a result, with status 7");
    CHECK(crash_of(server, "abort now") ==
          "the isolated run ended without a result, by signal 6 (Aborted):\n"
          "about to abort: now");
    CHECK(server.run("echo still here") == "still here");
}

TEST_CASE("requests and replies of 100 MB go through") {
    const isolation_server server(handle);
    constexpr std::size_t large = 100'000'000;
    CHECK(server.run("size " + std::string(large - 5, ' ')) == std::to_string(large));
    const std::string reply = server.run("fill " + std::to_string(large));
    CHECK(reply.size() == large);
    CHECK(std::count(reply.begin(), reply.end(), 'x') == static_cast<long>(large));
}

TEST_CASE("four threads ask at once and each gets its own answer") {
    const isolation_server server(handle);
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 50; ++i) {
                const std::string word = std::to_string(t) + "-" + std::to_string(i);
                right += i % 5 == 4 ? crash_of(server, "abort " + word).ends_with(" " + word)
                                    : server.run("echo " + word) == word;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    CHECK(right == 200);
}

TEST_CASE("when the program dies, its helper and its workers die") {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t program = fork();
    if (program == 0) {
        close(ends[0]);
        const isolation_server server(handle);
        std::thread asking([&] { server.run("sleep"); });
        server.run("echo the other one is on its way");
        if (write(ends[1], "!", 1) == 1)
            asking.join();
        _exit(1);
    }
    close(ends[1]);
    char byte = 0;
    REQUIRE(read(ends[0], &byte, 1) == 1);
    kill(program, SIGKILL);
    waitpid(program, nullptr, 0);
    pollfd wait{ends[0], POLLIN, 0};
    CHECK(poll(&wait, 1, 5000) == 1); // all holders of the other end are gone
    CHECK(read(ends[0], &byte, 1) == 0);
    close(ends[0]);
}
