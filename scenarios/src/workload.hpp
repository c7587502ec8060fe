// SPDX-License-Identifier: BSL-1.0
// The load of one workload: requests that arrive when they should, whatever became of those before
// (latency counts from the intended send, so omission cannot be coordinated), or users who wait.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <vector>

#include "scenarios/src/arrivals.hpp"
#include "scenarios/src/recorder.hpp"

namespace windtunnel::scenario {

class workload : private timer {
  public:
    /// Adds its client to the system; nothing arrives after `end` (from the beginning of the run).
    /// The system ends before the workload, the simulation after it.
    workload(const workload_spec& spec, std::size_t index, topology::system& system,
             recorder& books, duration end);
    workload(const workload&) = delete;
    workload& operator=(const workload&) = delete;
    ~workload();

    void start();
    const std::string& name() const { return spec_.name; }

    // ---- faults ---------------------------------------------------------------------------------
    /// So many times as many requests while it lives: others that come besides, by arrivals of the
    /// same kind; below 1 a share is left out. Of closed users so many more, or fewer.
    class surge;
    /// `name` names its random streams.
    std::unique_ptr<surge> surge_of(double factor, const std::string& name);
    /// From now on a share of its requests asks for that key, or no longer.
    void heat(topology::hot_key& with, bool on);

  private:
    struct user;
    struct sent_request : topology::client_request, boost::intrusive::list_base_hook<> {
        explicit sent_request(workload& w) : client_request(&workload::over), of(w) {}
        workload& of;
        time_point intended{};
        user* by = nullptr;
    };

    void free(sent_request& request);
    static std::vector<topology::call_step> calls_of(const workload_spec& spec);
    static void arrived(timer& t);
    static void over(topology::client_request& request);
    void schedule_next();
    bool left_out();
    void set_users();
    void send(time_point intended, user* by);
    std::size_t drawn_target();
    bool may_send() const { return !spec_.limit || sent_ < *spec_.limit; }

    const workload_spec& spec_;
    std::size_t index_;
    sim::simulation& world_;
    recorder& books_;
    topology::client& client_;
    std::unique_ptr<arrival_process> arrivals_; ///< nullptr: closed users
    arrival_process::arrival next_;
    random_stream targets_;
    time_point last_; ///< arrivals are before this
    std::uint64_t sent_ = 0;
    double total_weight_ = 0;
    std::vector<std::unique_ptr<user>> users_;
    std::size_t most_users_ = 0; ///< who may ask: the first so many
    std::vector<surge*> surges_;
    boost::intrusive::list<sent_request> under_way_;
};

class workload::surge : private timer {
  public:
    surge(workload& of, double factor, random_stream random, std::unique_ptr<arrival_process> more);
    surge(const surge&) = delete;
    surge& operator=(const surge&) = delete;
    ~surge();

    void grow(double strength); ///< from 0 to 1

  private:
    friend class workload;
    static void struck(timer& t);
    void schedule_next();
    double factor() const { return 1 + (full_ - 1) * strength_; }

    workload& of_;
    double full_, strength_ = 1;
    random_stream random_;
    std::unique_ptr<arrival_process> more_; ///< nullptr: none come besides
    arrival_process::arrival next_;
};

} // namespace windtunnel::scenario
