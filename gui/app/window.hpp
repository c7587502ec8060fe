// SPDX-License-Identifier: BSL-1.0
// A window with OpenGL and ImGui in it, or an invisible one that is drawn into memory. One at a
// time, on the main thread. Throws no_display where none can be opened.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "gui/app/picture.hpp"
#include "patterns/base/time.hpp"

struct GLFWwindow;

namespace windtunnel::gui {

class no_display : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class window {
  public:
    struct options {
        std::string title;
        int width = 1600, height = 1000; ///< pixels
        bool visible = true;
        std::optional<std::pair<int, int>> pointer; ///< of the mouse in pictures; else nowhere
    };
    explicit window(const options& o);
    ~window();
    window(const window&) = delete;
    window& operator=(const window&) = delete;

    float monitor_scale() const;
    bool closed() const;
    void close();
    /// Draws one frame; `draw` uses ImGui. Waits for the user where nothing moves (`at_rest`).
    void frame(const std::function<void()>& draw, bool at_rest);
    /// Draws one frame into memory, of the size that was asked for, whatever the screen's is.
    picture take_picture(const std::function<void()>& draw);
    /// Real time since the last call, zero at first.
    duration elapsed();

  private:
    void begin_imgui();

    options options_;
    GLFWwindow* handle_ = nullptr;
    std::optional<double> last_; ///< seconds
};

} // namespace windtunnel::gui
