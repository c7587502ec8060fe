// SPDX-License-Identifier: BSL-1.0
#include "scenarios/src/sweep/svg.hpp"

#include <fmt/format.h>

#include <cmath>

#include "scenarios/src/reports/characters.hpp"
#include "scenarios/src/reports/paint.hpp"

namespace windtunnel::scenario {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : clean_text(text))
        switch (c) {
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    return out;
}

/// A hundredth of a pixel is enough, and short.
std::string px(double value) {
    const double rounded = std::round(value * 100) / 100;
    return fmt::format("{}", rounded == 0 ? 0.0 : rounded);
}

std::string_view anchor_name(svg_text::anchor at) {
    switch (at) {
    case svg_text::anchor::start:
        return "start";
    case svg_text::anchor::middle:
        return "middle";
    case svg_text::anchor::end:
        return "end";
    }
    return "";
}

} // namespace

void svg_canvas::rectangle(double x, double y, double width, double height, std::string_view fill,
                           std::string_view more) {
    body_ += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}" {}/>)", px(x),
                         px(y), px(width), px(height), fill, more) +
             "\n";
}

void svg_canvas::line(double x1, double y1, double x2, double y2, std::string_view colour,
                      double width, std::string_view more) {
    body_ +=
        fmt::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}" {}/>)",
                    px(x1), px(y1), px(x2), px(y2), colour, px(width), more) +
        "\n";
}

void svg_canvas::circle(double x, double y, double radius, std::string_view fill,
                        std::string_view outline) {
    body_ += fmt::format(R"(<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" )"
                         R"(stroke-width="1.5"/>)",
                         px(x), px(y), px(radius), fill, outline) +
             "\n";
}

void svg_canvas::path(std::string_view data, std::string_view style) {
    body_ += fmt::format(R"(<path d="{}" {}/>)", data, style) + "\n";
}

void svg_canvas::text(double x, double y, std::string_view what, const svg_text& how) {
    std::string turn;
    if (how.turned != 0)
        turn = fmt::format(R"x( transform="rotate({} {} {})")x", px(how.turned), px(x), px(y));
    body_ += fmt::format(
        R"(<text x="{}" y="{}" font-size="{}" fill="{}" text-anchor="{}"{}{}>{}</text>)", px(x),
        px(y), px(how.size), how.colour, anchor_name(how.at),
        how.bold ? R"( font-weight="600")" : "", turn, escaped(what));
    body_ += "\n";
}

std::string svg_canvas::title_of(std::string_view title) {
    return "<title>" + escaped(title) + "</title>";
}

std::string svg_canvas::finish(double width, double height, std::string_view title) const {
    return fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" )"
                       R"(viewBox="0 0 {0} {1}" role="img" )"
                       R"(font-family="system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif">)",
                       px(width), px(height)) +
           "\n" + title_of(title) + "\n" +
           fmt::format(R"(<rect width="{}" height="{}" fill="#ffffff"/>)", px(width), px(height)) +
           "\n" + body_ + "</svg>\n";
}

double text_width(std::string_view text, double size) {
    constexpr double of_a_letter = 0.58;
    return static_cast<double>(columns_of(text)) * size * of_a_letter;
}

} // namespace windtunnel::scenario
