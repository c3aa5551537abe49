// SPDX-License-Identifier: BSL-1.0
#include "picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace demo {

namespace {

constexpr double width = 1030;
constexpr double height = 420;
constexpr double left = 58;
constexpr double right = 220;
constexpr double top = 84;
constexpr double bottom = 46;
// Okabe and Ito's palette, which colour-blind readers can tell apart.
constexpr std::array palette{"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#999999"};

class canvas {
public:
    explicit canvas(const history& shown) : shown_(shown) {
        for (const sample& one : shown.samples) {
            end_ = std::max(end_, one.seconds);
            for (const std::size_t count : one.sessions) most_ = std::max(most_, static_cast<double>(count));
        }
        most_ = std::ceil((most_ + 1) / 2) * 2;
        svg_ << std::fixed << std::setprecision(1);
    }

    std::string draw() {
        svg_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height
             << "\" font-family=\"system-ui, Segoe UI, Helvetica, Arial, sans-serif\" font-size=\"13\">\n"
             << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
        text(left, 26, shown_.title, "font-size=\"17\" font-weight=\"600\" fill=\"#222\"");
        grid();
        marks();
        for (std::size_t pod = 0; pod < shown_.pods.size(); ++pod) line(pod);
        svg_ << "</svg>\n";
        return svg_.str();
    }

private:
    [[nodiscard]] double x(double seconds) const { return left + seconds / end_ * (width - left - right); }
    [[nodiscard]] double y(double count) const {
        return height - bottom - count / most_ * (height - top - bottom);
    }

    void text(double at_x, double at_y, const std::string& words, const std::string& attributes) {
        svg_ << "<text x=\"" << at_x << "\" y=\"" << at_y << "\" " << attributes << '>' << words
             << "</text>\n";
    }

    void rule(double x1, double y1, double x2, double y2, const std::string& attributes) {
        svg_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" "
             << attributes << "/>\n";
    }

    void grid() {
        const double step = most_ > 12 ? 4 : 2;
        for (double count = 0; count <= most_; count += step) {
            rule(left, y(count), width - right, y(count), "stroke=\"#e4e4e4\"");
            text(left - 8, y(count) + 4, std::to_string(static_cast<int>(count)),
                 "text-anchor=\"end\" fill=\"#555\"");
        }
        for (double second = 0; second <= end_; second += end_ > 40 ? 10 : 5) {
            text(x(second), height - bottom + 18, std::to_string(static_cast<int>(second)) + " s",
                 "text-anchor=\"middle\" fill=\"#555\"");
        }
        text(left, top - 38, "sessions per pod, counted on the servers", "fill=\"#555\"");
    }

    void marks() {
        for (const mark& one : shown_.marks) {
            rule(x(one.seconds), top - 8, x(one.seconds), height - bottom,
                 "stroke=\"#888\" stroke-dasharray=\"3 4\"");
            text(x(one.seconds) + 4, top - 12, one.text, "fill=\"#333\"");
        }
    }

    void line(std::size_t pod) {
        const char* colour = palette[pod % palette.size()];
        svg_ << "<polyline fill=\"none\" stroke=\"" << colour
             << "\" stroke-width=\"2.4\" stroke-linejoin=\"round\" points=\"";
        // Lines on the same value are drawn a little apart, so that none hides another.
        const double apart =
            (static_cast<double>(pod) - static_cast<double>(shown_.pods.size() - 1) / 2) * 1.8;
        double label_y = 0;
        for (const sample& one : shown_.samples) {
            label_y = y(static_cast<double>(one.sessions[pod])) + apart;
            svg_ << x(one.seconds) << ',' << label_y << ' ';
        }
        svg_ << "\"/>\n";
        const double legend_y = top + 10 + static_cast<double>(pod) * 22;
        rule(width - right + 18, legend_y - 4, width - right + 40, legend_y - 4,
             std::string("stroke=\"") + colour + "\" stroke-width=\"3\"");
        text(width - right + 46, legend_y, shown_.pods[pod], "fill=\"#333\"");
    }

    const history& shown_;
    double end_ = 1;
    double most_ = 1;
    std::ostringstream svg_;
};

}  // namespace

std::string draw(const history& shown) { return canvas(shown).draw(); }

}  // namespace demo
