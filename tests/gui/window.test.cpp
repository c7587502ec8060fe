// SPDX-License-Identifier: BSL-1.0
// The program itself, in a real window of a virtual X server.
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <stb/stb_image.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include "gui/support.hpp"

namespace windtunnel::gui {

namespace {

bool x_server_is_installed() {
    return std::system("command -v xvfb-run >/dev/null && command -v Xvfb >/dev/null") == 0;
}

struct ended {
    int code = -1;
    std::string output; ///< both streams
};

ended run(const std::string& command) {
    ended e;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> buffer{};
    while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
        e.output.append(buffer.data(), n);
    const int status = pclose(pipe);
    e.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return e;
}

ended gui(const std::string& arguments) {
    // The drivers behind OpenGL keep memory to the end: leaks are looked for in the other tests.
    return run("ASAN_OPTIONS=detect_leaks=0 LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a '" WINDTUNNEL_GUI
               "' " +
               arguments);
}

struct image {
    explicit image(const std::filesystem::path& file)
        : pixels(stbi_load(file.c_str(), &width, &height, nullptr, 3), &stbi_image_free) {}
    int width = 0, height = 0;
    std::unique_ptr<stbi_uc, void (*)(void*)> pixels;

    std::set<unsigned> colours() const {
        std::set<unsigned> found;
        for (int i = 0; i < width * height; ++i) {
            const stbi_uc* p = pixels.get() + 3 * static_cast<std::ptrdiff_t>(i);
            found.insert(static_cast<unsigned>(p[0]) << 16U | static_cast<unsigned>(p[1]) << 8U |
                         p[2]);
        }
        return found;
    }
};

class picture_file {
  public:
    picture_file()
        : path_(std::filesystem::temp_directory_path() /
                ("windtunnel-gui-test-" + std::to_string(getpid()) + ".png")) {}
    ~picture_file() { std::filesystem::remove(path_); }
    picture_file(const picture_file&) = delete;
    picture_file& operator=(const picture_file&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

} // namespace

TEST_CASE("the window's picture has its size and shows something") {
    if (!x_server_is_installed()) {
        WARN("skipped: no virtual X server is installed (package xvfb)");
        return;
    }
    const picture_file file;
    const ended e = gui(data_file("bookinfo.json") + " --screenshot " + file.path().string() +
                        " --at 25s --size 1200x800");
    INFO(e.output);
    REQUIRE(e.code == 0);
    const image shown(file.path());
    REQUIRE(shown.pixels != nullptr);
    CHECK(shown.width == 1200);
    CHECK(shown.height == 800);
    const std::set<unsigned> colours = shown.colours();
    CHECK(colours.size() > 200);
    CHECK(colours.count(0x56B4E9) == 1); // the median's line
}

TEST_CASE("the window's picture of the same run is the same, pixel for pixel") {
    if (!x_server_is_installed()) {
        WARN("skipped: no virtual X server is installed (package xvfb)");
        return;
    }
    const picture_file file;
    const std::string arguments =
        data_file("bookinfo.json") + " --screenshot " + file.path().string() + " --at 10s";
    REQUIRE(gui(arguments).code == 0);
    const image first(file.path());
    REQUIRE(gui(arguments).code == 0);
    const image second(file.path());
    REQUIRE(first.pixels != nullptr);
    REQUIRE(second.pixels != nullptr);
    const std::size_t size = static_cast<std::size_t>(first.width * first.height) * 3;
    CHECK(std::equal(first.pixels.get(), first.pixels.get() + size, second.pixels.get()));
}

TEST_CASE("the window refuses a bad scenario with its place, before it opens") {
    const ended e = run("env -u DISPLAY '" WINDTUNNEL_GUI "' " + data_file("broken.json"));
    CHECK(e.code == 2);
    CHECK_THAT(e.output, Catch::Matchers::Contains("broken.json:4:"));
    CHECK_THAT(e.output, Catch::Matchers::Contains("z"));
}

TEST_CASE("the window refuses a scenario that does not exist") {
    const ended e = run("env -u DISPLAY '" WINDTUNNEL_GUI "' no-such-file.json");
    CHECK(e.code == 2);
    CHECK_THAT(e.output, Catch::Matchers::Contains("no-such-file.json"));
}

TEST_CASE("without a display the window says so") {
    const ended e =
        run("env -u DISPLAY -u WAYLAND_DISPLAY '" WINDTUNNEL_GUI "' " + data_file("bookinfo.json"));
    CHECK(e.code == 69);
    CHECK_THAT(e.output, Catch::Matchers::Contains("no window"));
}

} // namespace windtunnel::gui
