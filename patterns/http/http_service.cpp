// SPDX-License-Identifier: BSL-1.0
#include "patterns/http/http_service.hpp"

#include <stdexcept>

#include "patterns/base/timed.hpp"

namespace windtunnel {

namespace {

/// The first segment of a path, which is taken off it.
std::string_view next_segment(std::string_view& path) {
    const std::size_t end = path.find('/', 1);
    const std::string_view segment = path.substr(0, end);
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    return segment;
}

bool matches(std::string_view pattern, std::string_view path) {
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = next_segment(pattern), found = next_segment(path);
        const bool any = wanted.starts_with("/{") && wanted.ends_with('}');
        if (any ? found.size() < 2 : wanted != found)
            return false;
    }
    return pattern.empty() && path.empty();
}

http_response refused(std::uint16_t status) {
    return to_response(failure{.kind = failure_kind::error, .status = status});
}

http_response answer(const health_report& report) {
    return {.status = report.status(), .body = report.to_json()};
}

/// Counts a request as long as its frame lives.
class counted {
  public:
    explicit counted(int& count) : count_(count) { ++count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --count_; }

  private:
    int& count_;
};

} // namespace

http_service::http_service(const server_admission_options& door) : door_(door) {
    ready_.add("accepting", [this] { return !draining_; });
}

void http_service::route(std::string_view operation, work does) {
    const std::size_t space = operation.find(' ');
    if (space == std::string_view::npos || operation.substr(space + 1, 1) != "/")
        throw std::invalid_argument("http_service: the route '" + std::string(operation) +
                                    "' must be a method and a path, as in 'GET /items'");
    endpoints_.push_back({std::string(operation.substr(0, space)),
                          std::string(operation.substr(space + 1)), std::move(does)});
}

awaitable<http_response> http_service::handle(http_request request, call_context context) {
    constexpr std::uint16_t not_found = 404, wrong_method = 405;
    const std::string_view path = request.path();
    if (request.method == "GET" && path == "/health/live")
        co_return answer(live_.report());
    if (request.method == "GET" && path == "/health/ready")
        co_return answer(ready_.report());
    bool known = false;
    for (const endpoint& e : endpoints_) {
        if (!matches(e.path, path))
            continue;
        known = true;
        if (e.method != request.method)
            continue;
        auto serving = serve(e, request, context);
        http_response response = co_await std::move(serving);
        co_return response;
    }
    co_return refused(known ? wrong_method : not_found);
}

awaitable<http_response> http_service::serve(const endpoint& to, const http_request& request,
                                             const call_context& context) {
    constexpr std::uint16_t internal_error = 500;
    const counted while_it_lives(under_way_);
    auto working = [&](call_context& c) { return to.does(request, c); };
    outcome<reply> result(failure{.kind = failure_kind::error, .status = internal_error});
    try {
        auto admitted = door_.execute(context, working);
        result = co_await std::move(admitted);
    } catch (const boost::system::system_error& e) {
        if (detail::says_cancelled(e.code()))
            throw;
    } catch (const std::exception&) { // answered with 500
    }
    co_return to_response(result);
}

} // namespace windtunnel
