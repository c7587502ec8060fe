// SPDX-License-Identifier: BSL-1.0
#include "topologies/src/messaging_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "topologies/src/call_options.hpp"
#include "topologies/src/suggest.hpp"

namespace windtunnel::topology {

namespace {

class messaging_check {
  public:
    messaging_check(const topology_spec& topology, error_collector& errors)
        : topology_(topology), errors_(errors) {}

    void run() {
        for (const service_spec& service : topology_.services)
            for (const endpoint_spec& endpoint : service.endpoints) {
                if (endpoint.consumes)
                    check_consumer(service, endpoint);
                if (!endpoint.destination)
                    continue;
                if (const auto* queue = std::get_if<message_queue_spec>(&*endpoint.destination))
                    check_queue(service, endpoint, *queue);
                else
                    check_topic(service, std::get<topic_spec>(*endpoint.destination));
            }
    }

  private:
    void check_consumer(const service_spec& service, const endpoint_spec& endpoint) {
        const consume_spec& consumes = *endpoint.consumes;
        const endpoint_spec* from = topology_.find(consumes.from);
        if (from == nullptr || !from->destination)
            return complain_of_source(consumes, from != nullptr);
        if (const auto* queue = std::get_if<message_queue_spec>(&*from->destination))
            return check_queue_consumer(consumes, *queue);
        if (consumes.of_queues)
            errors_.add({consumes.of_queues->where,
                         fmt::format("\"{}\" is an option for consumers of queues, and {} is a "
                                     "topic: leave it out",
                                     consumes.of_queues->key, in_quotes(to_string(consumes.from))),
                         {}});
        const std::string group = consumes.group.empty() ? service.name : consumes.group;
        const auto [place, is_new] =
            groups_.emplace(to_string(consumes.from) + " " + group, endpoint.name);
        if (!is_new)
            errors_.add({consumes.where,
                         fmt::format("the group {} consumes {} already, in {}: give each endpoint "
                                     "a \"group\" of its own",
                                     in_quotes(group), in_quotes(to_string(consumes.from)),
                                     in_quotes(place->second)),
                         {}});
    }
    void check_queue_consumer(const consume_spec& consumes, const message_queue_spec& queue) {
        if (consumes.of_topics)
            errors_.add({consumes.of_topics->where,
                         fmt::format("\"{}\" is an option for consumers of topics, and {} is a "
                                     "queue: leave it out",
                                     consumes.of_topics->key, in_quotes(to_string(consumes.from))),
                         {}});
        const bool leaves = consumes.on_error == after_failure::leave;
        if (leaves && queue.options.visibility_timeout == duration::zero())
            errors_.add({consumes.where,
                         fmt::format("messages whose work fails are left, and {} has no "
                                     "visibility_timeout: they would never come back",
                                     in_quotes(to_string(consumes.from))),
                         {}});
    }

    void complain_of_source(const consume_spec& consumes, bool is_endpoint) {
        std::vector<std::string> names;
        for (const service_spec& service : topology_.services)
            for (const endpoint_spec& endpoint : service.endpoints)
                if (endpoint.destination)
                    names.push_back(service.name + "." + endpoint.name);
        const std::string name = to_string(consumes.from);
        std::string message = is_endpoint
                                  ? fmt::format("{} is an endpoint, no queue or topic: nothing "
                                                "can be consumed from it",
                                                in_quotes(name))
                                  : fmt::format("no queue or topic is called {}", in_quotes(name));
        const std::string near = nearest(name, names);
        if (near.empty())
            message += names.empty() ? "; no service has \"queues\" or \"topics\""
                                     : fmt::format("; there is {}", fmt::join(names, ", "));
        errors_.add({consumes.where, message, near});
    }

    void check_queue(const service_spec& broker, const endpoint_spec& endpoint,
                     const message_queue_spec& queue) {
        if (broker.replicas > 1)
            errors_.add({queue.where,
                         fmt::format("{} has {} replicas, and a queue lives on one: leave replicas "
                                     "out (what its nodes agree on is \"sync\")",
                                     broker.name, broker.replicas),
                         {}});
        if (queue.polled && queue.options.visibility_timeout == duration::zero())
            errors_.add({queue.where,
                         fmt::format("of {} a crashed consumer's messages come back with the "
                                     "visibility timeout alone: it must be over 0s",
                                     in_quotes(endpoint.name)),
                         {}});
        if (queue.dead_letter.empty())
            return;
        std::vector<std::string> names;
        for (const endpoint_spec& other : broker.endpoints)
            if (other.name != endpoint.name)
                names.push_back(other.name);
        if (queue.dead_letter == endpoint.name)
            errors_.add({queue.where,
                         fmt::format("the dead letters of {} cannot go to itself: name another "
                                     "queue of {}",
                                     in_quotes(endpoint.name), broker.name),
                         {}});
        else if (std::find(names.begin(), names.end(), queue.dead_letter) == names.end())
            errors_.add({queue.where,
                         fmt::format("{} has no queue {} for the dead letters of {}", broker.name,
                                     in_quotes(queue.dead_letter), in_quotes(endpoint.name)),
                         nearest(queue.dead_letter, names)});
    }

    void check_topic(const service_spec& broker, const topic_spec& topic) {
        if (topic.options.replication_factor > broker.replicas)
            errors_.add(
                {topic.where,
                 fmt::format("a replication_factor of {} needs as many replicas of the "
                             "broker, {} has {}",
                             topic.options.replication_factor, broker.name, broker.replicas),
                 {}});
    }

    const topology_spec& topology_;
    error_collector& errors_;
    std::map<std::string, std::string> groups_; ///< of topics, and their endpoints
};

} // namespace

void check_messaging(const topology_spec& topology, error_collector& errors) {
    messaging_check(topology, errors).run();
}

void check_publishing(const call_step& call, const endpoint_spec& to, error_collector& errors) {
    const std::string name = in_quotes(to_string(call.to));
    if (call.publishes && !to.destination)
        errors.add({call.where,
                    fmt::format("{} is an endpoint, no queue or topic: \"call\" it", name),
                    {}});
    if (!call.publishes && to.destination)
        errors.add(
            {call.where,
             fmt::format("{} is a {}: \"publish\" to it", name,
                         std::holds_alternative<topic_spec>(*to.destination) ? "topic" : "queue"),
             {}});
}

} // namespace windtunnel::topology
