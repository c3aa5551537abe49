// SPDX-License-Identifier: BSL-1.0
#include "picture.hpp"

#include "palette.hpp"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string_view>
#include <utility>

namespace demo {

namespace {

constexpr double width = 960;
constexpr double height = 540;
constexpr double left = 62;
constexpr double right = width - 128;
constexpr double top = 116;
constexpr double bottom = 392;
constexpr double balance_top = 428;
constexpr double balance_bottom = 484;

std::string escaped(std::string_view text) {
    std::string safe;
    for (const char c : text) {
        switch (c) {
            case '&':
                safe += "&amp;";
                break;
            case '<':
                safe += "&lt;";
                break;
            case '>':
                safe += "&gt;";
                break;
            case '"':
                safe += "&quot;";
                break;
            default:
                safe += c;
        }
    }
    return safe;
}

std::string hex(const colour& paint) {
    std::ostringstream text;
    text << '#' << std::hex << std::setfill('0') << std::setw(2) << paint.red << std::setw(2) << paint.green
         << std::setw(2) << paint.blue;
    return text.str();
}

/// The next round step for about `wanted` marks up to `largest`.
double round_step(double largest, double wanted) {
    const double least = largest / wanted;
    for (double power = 0.1;; power *= 10) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            if (factor * power >= least) return factor * power;
        }
    }
}

std::string short_number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

class canvas {
public:
    explicit canvas(const history& shown) : shown_(shown) {
        for (const sample& one : shown.samples) {
            end_ = std::max(end_, one.seconds);
            most_ = std::max(most_, static_cast<double>(total_sessions(one.pods)));
            worst_ = std::max(worst_, max_over_mean(one.pods));
        }
        most_ = std::ceil(most_ / 5) * 5;
        worst_ = std::ceil(worst_ * 2) / 2;
        svg_ << std::fixed << std::setprecision(1);
    }

    std::string draw() {
        svg_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
             << "\" viewBox=\"0 0 " << width << ' ' << height
             << "\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"13\">\n";
        svg_ << "<title>" << escaped(shown_.title) << "</title>\n";
        svg_ << "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
        text(left, 32, shown_.title, "font-size=\"19\" font-weight=\"600\" fill=\"#222222\"");
        text(left, 54, shown_.subtitle, "fill=\"#555555\"");
        shade_phases();
        sessions();
        axes();
        label_phases();
        counts();
        legend();
        balance();
        svg_ << "</svg>\n";
        return svg_.str();
    }

private:
    [[nodiscard]] double x(double seconds) const { return left + seconds / end_ * (right - left); }
    [[nodiscard]] double y(double sessions) const { return bottom - sessions / most_ * (bottom - top); }
    [[nodiscard]] double balance_y(double ratio) const {
        return balance_bottom - (ratio - 1) / (worst_ - 1) * (balance_bottom - balance_top);
    }
    [[nodiscard]] double begin_of(std::size_t phase) const {
        return phase == 0 ? 0 : shown_.phases[phase].begins;
    }
    [[nodiscard]] double end_of(std::size_t phase) const {
        return phase + 1 < shown_.phases.size() ? shown_.phases[phase + 1].begins : end_;
    }

    /// Sessions of all pods below this one.
    static double below(const sample& one, std::size_t pod) {
        double sum = 0;
        for (std::size_t i = 0; i < std::min(pod, one.pods.size()); ++i) {
            sum += static_cast<double>(one.pods[i].sessions);
        }
        return sum;
    }

    void text(double at_x, double at_y, std::string_view words, std::string_view attributes) {
        svg_ << "<text x=\"" << at_x << "\" y=\"" << at_y << "\" " << attributes << '>' << escaped(words)
             << "</text>\n";
    }

    void line(double x1, double y1, double x2, double y2, std::string_view attributes) {
        svg_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" "
             << attributes << "/>\n";
    }

    void shade_phases() {
        for (std::size_t i = 0; i < shown_.phases.size(); ++i) {
            for (const auto& [from, to] : {std::pair{top, bottom}, std::pair{balance_top, balance_bottom}}) {
                svg_ << "<rect x=\"" << x(begin_of(i)) << "\" y=\"" << from << "\" width=\""
                     << x(end_of(i)) - x(begin_of(i)) << "\" height=\"" << to - from << "\" fill=\""
                     << (i % 2 == 0 ? "#f4f5f7" : "#fafbfc") << "\"/>\n";
            }
        }
    }

    void label_phases() {
        for (std::size_t i = 0; i < shown_.phases.size(); ++i) {
            const phase& one = shown_.phases[i];
            const double begin = x(begin_of(i));
            if (i > 0) {
                line(begin, top - 32, begin, balance_bottom, "stroke=\"#444444\" stroke-dasharray=\"2 4\"");
            }
            text(begin + 6, top - 22, std::to_string(i + 1) + "  " + one.name,
                 "font-weight=\"600\" fill=\"#222222\"");
            if (!one.remark.empty())
                text(begin + 6, top - 7, one.remark, "font-size=\"11\" fill=\"#b3261e\"");
        }
    }

    /// One band per pod, stacked, so that equal shares look equal and the sum is seen.
    void sessions() {
        for (std::size_t pod = 0; pod < shown_.pods.size(); ++pod) {
            svg_ << "<polygon fill=\"" << hex(colour_of(pod))
                 << "\" stroke=\"#ffffff\" stroke-width=\"1.5\" stroke-linejoin=\"round\" points=\"";
            for (const sample& one : shown_.samples) {
                svg_ << x(one.seconds) << ',' << y(below(one, pod + 1)) << ' ';
            }
            for (auto one = shown_.samples.rbegin(); one != shown_.samples.rend(); ++one) {
                svg_ << x(one->seconds) << ',' << y(below(*one, pod)) << ' ';
            }
            svg_ << "\"/>\n";
        }
    }

    void axes() {
        const double step = round_step(most_, 7);
        for (int mark = 0; mark * step <= most_; ++mark) {
            const double count = mark * step;
            line(left - 5, y(count), left, y(count), "stroke=\"#888888\"");
            text(left - 9, y(count) + 4, short_number(count), "text-anchor=\"end\" fill=\"#555555\"");
        }
        line(left, top, left, bottom, "stroke=\"#888888\"");
        line(left, bottom, right, bottom, "stroke=\"#888888\"");
        svg_ << "<text transform=\"translate(20 " << (top + bottom) / 2
             << ") rotate(-90)\" text-anchor=\"middle\" fill=\"#555555\">sessions</text>\n";
    }

    /// How many sessions each pod has at the end of each phase.
    void counts() {
        constexpr double before_the_end = 0.3;
        constexpr double least_height = 15;
        for (std::size_t i = 0; i < shown_.phases.size(); ++i) {
            const auto after =
                std::find_if(shown_.samples.begin(), shown_.samples.end(),
                             [&](const sample& one) { return one.seconds >= end_of(i) - before_the_end; });
            if (after == shown_.samples.end()) continue;
            for (std::size_t pod = 0; pod < after->pods.size(); ++pod) {
                const auto own = static_cast<double>(after->pods[pod].sessions);
                if (own * (bottom - top) / most_ < least_height) continue;
                text(x(after->seconds) - 6, y(below(*after, pod) + own / 2) + 4.5,
                     std::to_string(after->pods[pod].sessions),
                     std::string("text-anchor=\"end\" font-weight=\"600\" fill=\"") + colour_of(pod).text +
                         "\"");
            }
        }
    }

    /// Beside the bands as they are at the end, but never one above the other.
    void legend() {
        constexpr double line_height = 20;
        const sample& last = shown_.samples.back();
        double lowest = bottom + line_height;
        for (std::size_t pod = 0; pod < shown_.pods.size(); ++pod) {
            const double middle = (below(last, pod) + below(last, pod + 1)) / 2;
            lowest = std::min(y(middle), lowest - line_height);
            svg_ << "<rect x=\"" << right + 14 << "\" y=\"" << lowest - 6
                 << "\" width=\"12\" height=\"12\" rx=\"2\" fill=\"" << hex(colour_of(pod)) << "\"/>\n";
            text(right + 33, lowest + 4.5, shown_.pods[pod], "fill=\"#222222\"");
        }
    }

    void balance() {
        constexpr double step = 0.5;
        for (int mark = 0; 1 + mark * step <= worst_; ++mark) {
            const double ratio = 1 + mark * step;
            line(left, balance_y(ratio), right, balance_y(ratio), "stroke=\"#dddddd\"");
            text(left - 9, balance_y(ratio) + 4, short_number(ratio), "text-anchor=\"end\" fill=\"#555555\"");
        }
        svg_ << "<polyline fill=\"none\" stroke=\"#222222\" stroke-width=\"1.8\" stroke-linejoin=\"round\" "
                "points=\"";
        for (const sample& one : shown_.samples) {
            const double ratio = max_over_mean(one.pods);
            if (ratio > 0) svg_ << x(one.seconds) << ',' << balance_y(ratio) << ' ';
        }
        svg_ << "\"/>\n";
        text(right + 14, balance_top + 14, "fullest pod", "fill=\"#222222\"");
        text(right + 14, balance_top + 31, "over mean,", "fill=\"#222222\"");
        text(right + 14, balance_top + 48, "1 is even", "fill=\"#555555\"");
        time_axis();
    }

    void time_axis() {
        const double step = round_step(end_, 10);
        for (int mark = 0; mark * step <= end_; ++mark) {
            const double second = mark * step;
            line(x(second), balance_bottom, x(second), balance_bottom + 5, "stroke=\"#888888\"");
            text(x(second), balance_bottom + 20, short_number(second),
                 "text-anchor=\"middle\" fill=\"#555555\"");
        }
        line(left, balance_bottom, right, balance_bottom, "stroke=\"#888888\"");
        text((left + right) / 2, balance_bottom + 42, "seconds since the application began",
             "text-anchor=\"middle\" fill=\"#555555\"");
    }

    const history& shown_;
    double end_ = 1;
    double most_ = 1;
    double worst_ = 1.5;
    std::ostringstream svg_;
};

}  // namespace

std::string draw(const history& shown) { return canvas(shown).draw(); }

}  // namespace demo
