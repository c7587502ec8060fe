// SPDX-License-Identifier: BSL-1.0
// A service "graph" that answers a query about posts, their authors and comments, with those whom
// its resolvers call.
#pragma once

#include <string>

namespace windtunnel::topology {

/// What differs from one test to the next, as JSON.
struct graph_json {
    std::string endpoint;                ///< members of "q", such as "query":"..."
    std::string author = "";             ///< further members of Post's field "author"
    std::string graphql = "";            ///< further members of "graphql"
    std::string service = "";            ///< further members of "graph"
    std::string user_call = "users.one"; ///< of Query's field "user"
};

inline std::string types_of_graph(const graph_json& g) {
    return R"({
      "Query": { "user": { "type": "User", "call": ")" +
           g.user_call + R"(" },
                 "feed": { "type": "[Post!]!", "items": 25, "call": "posts.list" },
                 "tags": { "type": "[String]", "items": 7, "size": "10B" } },
      "Mutation": { "like": { "type": "Post", "call": "posts.like" },
                    "hide": { "type": "Boolean", "size": "4B", "call": "posts.hide" } },
      "User": { "id": "10B", "name": "20B", "posts": { "type": "[Post]", "call": "posts.of" } },
      "Post": { "title": "60B", "text": "1kB",
                "author": { "type": "User", "call": "users.one")" +
           g.author + R"( },
                "stats": { "type": "Stats", "size": "2B" },
                "comments": { "type": "[Comment]", "items": 3, "call": "comments.of" } },
      "Stats": { "likes": "8B", "views": "9B" },
      "Comment": { "text": "100B", "author": { "type": "User", "call": "users.one" } } })";
}

inline std::string graph_topology(const graph_json& g) {
    return R"({"name":"t","services":{
      "graph":{"workers":100,"endpoints":{"q":{)" +
           g.endpoint + R"(}},"graphql":{)" + g.graphql + R"("types":)" + types_of_graph(g) + "}" +
           g.service + R"(},
      "users":{"workers":100,"endpoints":{"one":{"work":"2ms"},"many":{"work":"3ms"}}},
      "posts":{"workers":100,"endpoints":{"list":{"work":"4ms"},"of":{},"like":{},"hide":{}}},
      "comments":{"workers":100,"endpoints":{"of":{}}}}})";
}

inline std::string query_of(const std::string& text) {
    return R"("query":")" + text + "\"";
}

} // namespace windtunnel::topology
