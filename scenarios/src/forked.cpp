// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/forked.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "sim-core/physics/simgrid/isolated.hpp"
#include "sim-core/physics/simgrid/worker_process.hpp"
#include "topologies/src/diagnostic.hpp"

namespace windtunnel::scenario {

namespace {

using sorted_json = nlohmann::json;
using real_clock = std::chrono::steady_clock;

constexpr int look_every = 100; ///< milliseconds
constexpr auto patience = std::chrono::seconds{2};
constexpr char refused = 'I'; ///< the kind of a frame that holds an input_error

static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<double>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct unmap {
    void operator()(shared_state* state) const { munmap(state, sizeof *state); }
};

std::unique_ptr<shared_state, unmap> shared_memory() {
    void* place = mmap(nullptr, sizeof(shared_state), PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED)
        fail("sharing memory with a run");
    return std::unique_ptr<shared_state, unmap>(new (place) shared_state);
}

std::string written(const topology::input_error& error) {
    sorted_json all = sorted_json::array();
    for (const topology::diagnostic& d : error.diagnostics())
        all.push_back(
            {d.where.file, d.where.line, d.where.column, d.where.pointer, d.message, d.suggestion});
    return sorted_json{all, error.omitted()}.dump(-1, ' ', false,
                                                  sorted_json::error_handler_t::replace);
}

topology::input_error read(const std::string& text) {
    const sorted_json both = sorted_json::parse(text);
    std::vector<topology::diagnostic> all;
    for (const sorted_json& d : both[0])
        all.push_back({{d[0], d[1], d[2], d[3]}, d[4], d[5]});
    return topology::input_error(std::move(all), both[1].get<std::size_t>());
}

/// In the child.
void answer(int socket, const std::function<std::string()>& job) {
    std::optional<std::string> refusal;
    sim::answer(socket, [&] {
        try {
            return job();
        } catch (const topology::input_error& error) {
            refusal = written(error);
            throw;
        }
    });
    if (refusal)
        sim::write_frame(socket, refused, *refusal);
}

/// False when the child was given up.
bool wait_for_answer(int socket, shared_state& state,
                     const std::function<void(shared_state&)>& look) {
    std::optional<real_clock::time_point> asked;
    for (;;) {
        pollfd wait{socket, POLLIN, 0};
        const int ready = poll(&wait, 1, look_every);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            fail("waiting for a run");
        look(state);
        if (state.stop && !asked)
            asked = real_clock::now();
        if (asked && real_clock::now() - *asked > patience)
            return false;
    }
}

/// Kills the child, unless it was waited for.
class child_guard {
  public:
    child_guard(pid_t child, const sim::descriptor& log) : child_(child), log_(log) {}
    ~child_guard() {
        if (child_ < 0)
            return;
        kill(child_, SIGKILL);
        end();
    }
    child_guard(const child_guard&) = delete;
    child_guard& operator=(const child_guard&) = delete;
    sim::worker_ending end() { return sim::await_end(std::exchange(child_, -1), log_); }

  private:
    pid_t child_;
    const sim::descriptor& log_;
};

} // namespace

std::optional<std::string> run_forked(const std::function<std::string(shared_state&)>& job,
                                      const std::function<void(shared_state&)>& look) {
    const auto state = shared_memory();
    auto [ours, theirs] = sim::connected_streams();
    const sim::descriptor log = sim::memory_file();
    std::fflush(nullptr); // or the child would print it once more
    std::cout.flush();
    const pid_t pid = sim::fork_worker(
        log, [&, socket = theirs.get()] { answer(socket, [&] { return job(*state); }); });
    if (pid < 0)
        fail("forking a run");
    child_guard child(pid, log);
    theirs.close();
    if (!wait_for_answer(ours.get(), *state, look))
        return std::nullopt;
    std::optional<sim::frame> reply = sim::read_frame(ours.get());
    if (reply && reply->kind == 'E')
        if (const auto more = sim::read_frame(ours.get()); more && more->kind == refused)
            throw read(more->bytes);
    const sim::worker_ending end = child.end();
    return sim::reply_or_throw(std::move(reply), [&] { return end; });
}

} // namespace windtunnel::scenario
