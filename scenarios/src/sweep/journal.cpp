// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "scenarios/src/version.hpp"

namespace windtunnel::scenario {

namespace {

using json = nlohmann::ordered_json;

constexpr int journal_format_version = 1;

json header_of(const sweep_plan& plan) {
    json parameters = json::array();
    for (const parameter& each : plan.parameters())
        parameters.push_back({each.name, each.pointer, each.written});
    return json{{"windtunnel_sweep", journal_format_version},
                {"version", version},
                {"parameters", parameters},
                {"metrics", plan.metrics()},
                {"seed", plan.first().seed},
                {"scenario", plan.fingerprint()}};
}

std::string words_of(const json& parameters) {
    std::string text;
    for (const json& each : parameters)
        if (each.is_array() && each.size() == 3 && each[0].is_string() && each[2].is_string())
            text +=
                fmt::format(" -P {}={}", each[0].get<std::string>(), each[2].get<std::string>());
    return text;
}

/// All of a file; nothing and errno on a failure.
bool read_all(int fd, std::string& text) {
    char block[1 << 16];
    for (;;) {
        const ssize_t n = ::read(fd, block, sizeof block);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            text.append(block, static_cast<std::size_t>(n));
    }
}

} // namespace

sweep_journal::sweep_journal(std::string path, const sweep_plan& plan) : path_(std::move(path)) {
    fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0)
        throw journal_refused(fmt::format("cannot write the journal {}: {}; name another with "
                                          "--resume",
                                          path_, std::strerror(errno)));
    try {
        struct stat about {};
        if (fstat(fd_, &about) == 0 && !S_ISREG(about.st_mode))
            refuse("is no file that can be gone on with", "name another with --resume");
        if (flock(fd_, LOCK_EX | LOCK_NB) != 0)
            refuse("is being written by another sweep", "wait for it, or name another file with "
                                                        "--resume");
        std::string text;
        if (!read_all(fd_, text))
            refuse(fmt::format("cannot be read: {}", std::strerror(errno)),
                   "name another with --resume");
        read(text, header_of(plan).dump() + "\n", plan);
    } catch (...) {
        close(fd_);
        throw;
    }
}

sweep_journal::~sweep_journal() {
    if (fd_ >= 0)
        close(fd_);
}

void sweep_journal::refuse(const std::string& what, const std::string& remedy) const {
    throw journal_refused(fmt::format("the journal {} {}; {}", path_, what, remedy));
}

void sweep_journal::read(const std::string& text, const std::string& header,
                         const sweep_plan& plan) {
    std::size_t end = text.find('\n');
    if (end == std::string::npos) { // new, or killed within the first line
        if (!header.starts_with(text))
            refuse("is something else: it does not begin as a journal does",
                   "name another file with --resume");
        if (ftruncate(fd_, 0) == 0)
            write(header);
        return;
    }
    check_header(text.substr(0, end), plan);
    std::size_t begin = end + 1;
    for (; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
        auto point = point_from_line(text.substr(begin, end - begin));
        if (point && point->values.size() == plan.parameters().size())
            points_.insert_or_assign({point->values, point->asked}, std::move(*point));
        else
            ++dropped_;
    }
    if (begin == text.size())
        return;
    ++dropped_;
    if (ftruncate(fd_, static_cast<off_t>(begin)) != 0)
        refuse(fmt::format("ends within a line, which cannot be cut off: {}", std::strerror(errno)),
               "name another file with --resume");
}

void sweep_journal::check_header(const std::string& line, const sweep_plan& plan) const {
    const json found = json::parse(line, nullptr, false), ours = header_of(plan);
    if (!found.is_object() || !found.contains("windtunnel_sweep"))
        refuse("is something else: it does not begin as a journal does",
               "name another file with --resume");
    const auto differs = [&](const char* key) {
        return !found.contains(key) || found[key] != ours[key];
    };
    constexpr const char* anew = "remove it to begin anew, or name another file with --resume";
    if (differs("windtunnel_sweep") || differs("version"))
        refuse(fmt::format("is of windtunnel {}, and this is {}",
                           found.contains("version") && found["version"].is_string()
                               ? found["version"].get<std::string>()
                               : "of another time",
                           version),
               anew);
    if (differs("parameters"))
        refuse(fmt::format("is of another sweep, with{}",
                           words_of(found.value("parameters", json::array()))),
               anew);
    if (differs("metrics"))
        refuse("is of a sweep with other metrics", anew);
    if (differs("seed"))
        refuse(fmt::format("is of a sweep with the seed {}", found.value("seed", json()).dump()),
               anew);
    if (differs("scenario"))
        refuse("is of another scenario, or of this one with another topology, variant, -D, "
               "--duration, --warmup or --replications",
               anew);
}

const point_result* sweep_journal::find(const point_values& values, int asked) const {
    const auto found = points_.find({values, asked});
    return found == points_.end() ? nullptr : &found->second;
}

void sweep_journal::append(const point_result& point) {
    write(to_line(point) + "\n");
}

/// In one call, so that a kill leaves all or nothing of it, or on a full disk a part, which is cut
/// off where that can be done.
void sweep_journal::write(const std::string& text) {
    if (!failure_.empty())
        return;
    const off_t before = lseek(fd_, 0, SEEK_END);
    ssize_t written = -1;
    do {
        written = ::write(fd_, text.data(), text.size());
    } while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(text.size()))
        return;
    failure_ = std::strerror(written < 0 ? errno : ENOSPC);
    if (written > 0 && ftruncate(fd_, before) != 0)
        failure_ += ", and its end is damaged";
}

void sweep_journal::remove() {
    unlink(path_.c_str());
}

} // namespace windtunnel::scenario
