// SPDX-License-Identifier: BSL-1.0
#include "gui/app/window.hpp"

#define GL_GLEXT_PROTOTYPES
#define GLFW_INCLUDE_GLEXT
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include "gui/widgets/theme.hpp"

namespace windtunnel::gui {

namespace {

std::string last_error() {
    const char* text = nullptr;
    glfwGetError(&text);
    return text == nullptr ? "unknown reason" : text;
}

/// A frame buffer in memory, bound as long as it lives.
class canvas {
  public:
    canvas(int width, int height) : width_(width), height_(height) {
        glGenFramebuffers(1, &buffer_);
        glBindFramebuffer(GL_FRAMEBUFFER, buffer_);
        glGenTextures(1, &texture_);
        glBindTexture(GL_TEXTURE_2D, texture_);
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE,
                     nullptr);
        glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
        if (glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE)
            throw no_display("OpenGL gives no frame buffer of this size");
    }
    ~canvas() {
        glBindFramebuffer(GL_FRAMEBUFFER, 0);
        glDeleteTextures(1, &texture_);
        glDeleteFramebuffers(1, &buffer_);
    }
    canvas(const canvas&) = delete;
    canvas& operator=(const canvas&) = delete;

    picture read() const {
        picture p{width_, height_, {}};
        p.rgba.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 4);
        glPixelStorei(GL_PACK_ALIGNMENT, 1);
        glReadPixels(0, 0, width_, height_, GL_RGBA, GL_UNSIGNED_BYTE, p.rgba.data());
        return p;
    }

  private:
    int width_, height_;
    GLuint buffer_ = 0, texture_ = 0;
};

void clear() {
    const ImVec4 ground = ImGui::ColorConvertU32ToFloat4(colours().background);
    glClearColor(ground.x, ground.y, ground.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
}

void render(const std::function<void()>& draw) {
    ImGui::NewFrame();
    draw();
    ImGui::Render();
}

} // namespace

window::window(const options& o) : options_(o) {
    if (glfwInit() == GLFW_FALSE)
        throw no_display("no window can be opened: " + last_error());
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    glfwWindowHint(GLFW_VISIBLE, o.visible ? GLFW_TRUE : GLFW_FALSE);
    handle_ = glfwCreateWindow(o.width, o.height, o.title.c_str(), nullptr, nullptr);
    if (handle_ == nullptr) {
        const std::string why = last_error();
        glfwTerminate();
        throw no_display("no window with OpenGL 3.2 can be opened: " + why);
    }
    glfwMakeContextCurrent(handle_);
    glfwSwapInterval(1);
    begin_imgui();
}

void window::begin_imgui() {
    IMGUI_CHECKVERSION();
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui_ImplGlfw_InitForOpenGL(handle_, true);
    ImGui_ImplOpenGL3_Init("#version 150");
}

window::~window() {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    glfwDestroyWindow(handle_);
    glfwTerminate();
}

float window::monitor_scale() const {
    float x = 1, y = 1;
    glfwGetWindowContentScale(handle_, &x, &y);
    return x;
}

bool window::closed() const {
    return glfwWindowShouldClose(handle_) == GLFW_TRUE;
}
void window::close() {
    glfwSetWindowShouldClose(handle_, GLFW_TRUE);
}

void window::frame(const std::function<void()>& draw, bool at_rest) {
    if (at_rest)
        glfwWaitEventsTimeout(0.1);
    else
        glfwPollEvents();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    render(draw);
    int width = 0, height = 0;
    glfwGetFramebufferSize(handle_, &width, &height);
    glViewport(0, 0, width, height);
    clear();
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    glfwSwapBuffers(handle_);
}

picture window::take_picture(const std::function<void()>& draw) {
    const canvas memory(options_.width, options_.height);
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = {static_cast<float>(options_.width), static_cast<float>(options_.height)};
    io.DisplayFramebufferScale = {1, 1};
    io.MousePos = {-1e6F, -1e6F};
    if (options_.pointer)
        io.MousePos = {static_cast<float>(options_.pointer->first),
                       static_cast<float>(options_.pointer->second)};
    render(draw);
    glViewport(0, 0, options_.width, options_.height);
    clear();
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
    return memory.read();
}

duration window::elapsed() {
    const double now = glfwGetTime();
    const double since = last_ ? now - *last_ : 0;
    last_ = now;
    return from_seconds(since);
}

} // namespace windtunnel::gui
