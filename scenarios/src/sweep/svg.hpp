// SPDX-License-Identifier: BSL-1.0
// The few shapes that a chart is drawn of, as SVG text. Lengths are in pixels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace windtunnel::scenario {

struct svg_text {
    enum class anchor : std::uint8_t { start, middle, end };
    anchor at = anchor::start;
    double size = 12;
    std::string_view colour = "#1f2933";
    bool bold = false;
    double turned = 0; ///< degrees, clockwise around the place
};

class svg_canvas {
  public:
    void rectangle(double x, double y, double width, double height, std::string_view fill,
                   std::string_view more = {});
    void line(double x1, double y1, double x2, double y2, std::string_view colour, double width = 1,
              std::string_view more = {});
    void circle(double x, double y, double radius, std::string_view fill, std::string_view outline);
    void path(std::string_view data, std::string_view style);
    void text(double x, double y, std::string_view what, const svg_text& how = {});
    /// What the pointer shows over the shapes drawn by `draw`.
    template <class Draw>
    void titled(std::string_view title, Draw&& draw) {
        body_ += "<g>" + title_of(title);
        draw();
        body_ += "</g>\n";
    }
    /// The whole picture on white; `title` is for readers that do not see it.
    std::string finish(double width, double height, std::string_view title) const;

  private:
    static std::string title_of(std::string_view title);
    std::string body_;
};

/// How wide a text is, about: sans-serif letters of that size.
double text_width(std::string_view text, double size = 12);

} // namespace windtunnel::scenario
