// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_message.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

using namespace std::chrono_literals;
using namespace windtunnel;

TEST_CASE("A request is a method, a target and a body") {
    const http_request got = to_http({"GET /items/7?of=9", {}});
    CHECK(got.method == "GET");
    CHECK(got.target == "/items/7?of=9");
    CHECK(got.path() == "/items/7");
    const http_request posted =
        to_http({"POST /orders", {2, std::make_shared<const std::string>("{}")}});
    CHECK(posted.method == "POST");
    CHECK(posted.body == "{}");
    CHECK(to_http({"/only", {}}).method == "GET");
}

TEST_CASE("Each failure of a service has its status, and comes back as what a client can use") {
    using kind = failure_kind;
    struct row {
        failure said;
        int status;
        kind heard;
    };
    const std::vector<row> rows{{{.kind = kind::error}, 500, kind::error},
                                {{.kind = kind::error, .status = 404}, 404, kind::error},
                                {{.kind = kind::overloaded}, 503, kind::overloaded},
                                {{.kind = kind::overloaded, .status = 429}, 429, kind::overloaded},
                                {{.kind = kind::unavailable}, 502, kind::error},
                                {{.kind = kind::connection_lost}, 502, kind::error},
                                {{.kind = kind::timed_out}, 504, kind::error},
                                {{.kind = kind::deadline_exceeded}, 504, kind::error},
                                {{.kind = kind::breaker_open}, 503, kind::overloaded},
                                {{.kind = kind::bulkhead_full}, 503, kind::overloaded},
                                {{.kind = kind::rate_limited}, 429, kind::overloaded}};
    for (const row& r : rows) {
        INFO(to_string(r.said.kind) << " " << r.status);
        http_response response = to_response(r.said);
        CHECK(response.status == r.status);
        CHECK(response.body == R"({"error":")" + std::string(to_string(r.said.kind)) + R"("})");
        const auto heard = to_outcome(std::move(response));
        CHECK(heard.failed_with(r.heard));
        CHECK(heard.failed().status == r.status);
    }
}

TEST_CASE("What no status says travels beside it") {
    const failure said{.kind = failure_kind::overloaded,
                       .status = 503,
                       .no_retry = true,
                       .not_processed = true,
                       .retry_after = 2s};
    CHECK(to_outcome(to_response(said)).failed() == said);
    const reply poorer{{2, std::make_shared<const std::string>("{}")}, true};
    const auto heard = to_outcome(to_response(poorer));
    REQUIRE(heard.ok());
    CHECK(heard.value().degraded);
    CHECK(*heard.value().body.bytes == "{}");
}
