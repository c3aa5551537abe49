// SPDX-License-Identifier: BSL-1.0
#include "cli/simulate_picture.hpp"

#include "cli/render.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iomanip>
#include <sstream>
#include <string_view>

namespace podpool::cli {

namespace {

using simulation::moment;

constexpr double width = 1200;
constexpr double panel_width = 500;
constexpr double panel_height = 230;
constexpr double left_of[] = {70, 670};
constexpr double first_row = 138;
constexpr double row_height = 330;

// Okabe and Ito's colours, which people with colour blindness can tell apart.
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                             "#e69f00", "#56b4e9", "#000000", "#8c564b"};
/// Beyond eight models the colours come again, dashed.
constexpr std::array dashes{"none", "6 3", "2 3"};

std::string stroke_of(std::size_t model) {
    return std::string("stroke=\"") + colours[model % colours.size()] + "\" stroke-dasharray=\"" +
           dashes[model / colours.size() % dashes.size()] + "\"";
}

/// The next round step for about `wanted` marks up to `largest`.
double round_step(double largest, double wanted) {
    for (double power = 0.01;; power *= 10) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            if (factor * power >= largest / wanted) return factor * power;
        }
    }
}

/// One panel: a name, a unit, and a line per model.
struct panel {
    std::string title;
    std::string unit;
    std::function<double(const moment&)> value;
    double base = 0;           ///< where the vertical axis begins
    bool band = false;         ///< from the emptiest to the fullest pod
    bool skips_start = false;  ///< the first minute's dials would hide all others
};

class picture {
public:
    explicit picture(const simulate_report& report) : report_(report) {
        end_ = std::max(1.0, seconds(report.request.scenario.length));
        svg_ << std::fixed << std::setprecision(1);
    }

    std::string draw() {
        const double height = first_row + 2 * row_height - 20;
        svg_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
             << "\" viewBox=\"0 0 " << width << ' ' << height
             << "\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"12\">\n"
             << "<title>podpool simulate</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
        const simulation::plan& plan = report_.request.scenario;
        text(left_of[0], 32,
             count_text(plan.clients, "client") + " x " + count_text(plan.sessions, "session") + " on " +
                 count_text(plan.pods, "pod") + ", seed " + std::to_string(report_.request.first_seed),
             "font-size=\"18\" font-weight=\"600\" fill=\"#222222\"");
        legend();
        const auto first = [&](std::size_t number) { return left_of[number % 2]; };
        const std::array panels{
            panel{"Sessions per pod", "sessions: newest pods; shaded: emptiest to fullest pod",
                  [](const moment& one) { return one.newest; }, 0, true, false},
            panel{"Fullest pod over mean", "max/mean, 1 is even",
                  [](const moment& one) { return std::max(one.max_over_mean, 1.0); }, 1, false, false},
            panel{"Dials per second", "busiest second of each step, without the start",
                  [](const moment& one) { return one.dials_per_second; }, 0, false, true},
            panel{"Share of the newest pods", "of what would be fair",
                  [](const moment& one) { return one.newest_share; }, 0, false, false}};
        for (std::size_t number = 0; number < panels.size(); ++number) {
            left_ = first(number);
            const std::size_t row = number / 2;
            top_ = first_row + static_cast<double>(row) * row_height;
            show(panels[number]);
        }
        svg_ << "</svg>\n";
        return svg_.str();
    }

private:
    [[nodiscard]] double x(const moment& one) const { return left_ + seconds(one.at) / end_ * panel_width; }
    [[nodiscard]] double y(double value) const {
        return top_ + panel_height - (value - base_) / (top_value_ - base_) * panel_height;
    }

    void text(double at_x, double at_y, std::string_view words, std::string_view attributes) {
        std::string safe;
        for (const char c : words) safe += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
        svg_ << "<text x=\"" << at_x << "\" y=\"" << at_y << "\" " << attributes << '>' << safe
             << "</text>\n";
    }

    void line(double x1, double y1, double x2, double y2, std::string_view attributes) {
        svg_ << "<line x1=\"" << x1 << "\" y1=\"" << y1 << "\" x2=\"" << x2 << "\" y2=\"" << y2 << "\" "
             << attributes << "/>\n";
    }

    void legend() {
        constexpr std::size_t per_row = 5;
        for (std::size_t model = 0; model < report_.models.size(); ++model) {
            const double at_x = left_of[0] + static_cast<double>(model % per_row) * 215;
            const std::size_t row = model / per_row;
            const double at_y = 54 + static_cast<double>(row) * 18;
            line(at_x, at_y - 4, at_x + 26, at_y - 4, stroke_of(model) + " stroke-width=\"2.5\"");
            text(at_x + 33, at_y, report_.models[model].which->name, "fill=\"#222222\"");
        }
    }

    [[nodiscard]] bool shown(const panel& one, const moment& seen) const {
        using namespace std::chrono_literals;
        if (!one.skips_start) return true;
        // The start's dials are in the first two steps at most.
        const auto& series = report_.models.front().series;
        const auto step = series.size() > 2 ? series[2].at : 0s;
        return seen.at > std::max<std::chrono::nanoseconds>(report_.request.scenario.start_over + 1min, step);
    }

    void show(const panel& one) {
        base_ = one.base;
        top_value_ = base_;
        for (const model_report& model : report_.models) {
            for (const moment& seen : model.series) {
                if (!shown(one, seen)) continue;
                const double most = one.band ? static_cast<double>(seen.most) : 0;
                top_value_ = std::max({top_value_, one.value(seen), most});
            }
        }
        const double step = round_step(std::max(top_value_ - base_, 0.05) * 1.05, 5);
        top_value_ = base_ + std::ceil((std::max(top_value_ - base_, 0.05)) * 1.02 / step) * step;
        axes(one, step);
        for (std::size_t model = 0; one.band && model < report_.models.size(); ++model) shade(model);
        for (std::size_t model = 0; model < report_.models.size(); ++model) {
            svg_ << "<polyline fill=\"none\" " << stroke_of(model)
                 << " stroke-width=\"1.8\" stroke-linejoin=\"round\" points=\"";
            for (const moment& seen : report_.models[model].series) {
                if (shown(one, seen)) svg_ << x(seen) << ',' << y(one.value(seen)) << ' ';
            }
            svg_ << "\"/>\n";
        }
    }

    void shade(std::size_t model) {
        const auto& series = report_.models[model].series;
        svg_ << "<polygon fill=\"" << colours[model % colours.size()] << "\" fill-opacity=\"0.13\" points=\"";
        for (const moment& seen : series) svg_ << x(seen) << ',' << y(static_cast<double>(seen.most)) << ' ';
        for (auto seen = series.rbegin(); seen != series.rend(); ++seen) {
            svg_ << x(*seen) << ',' << y(static_cast<double>(seen->fewest)) << ' ';
        }
        svg_ << "\"/>\n";
    }

    void axes(const panel& one, double step) {
        text(left_, top_ - 26, one.title, "font-size=\"14\" font-weight=\"600\" fill=\"#222222\"");
        text(left_, top_ - 10, one.unit, "fill=\"#555555\"");
        svg_ << "<rect x=\"" << left_ << "\" y=\"" << top_ << "\" width=\"" << panel_width << "\" height=\""
             << panel_height << "\" fill=\"#f7f8fa\"/>\n";
        for (int mark = 0; base_ + mark * step <= top_value_ + step / 100; ++mark) {
            const double value = base_ + mark * step;
            line(left_, y(value), left_ + panel_width, y(value), "stroke=\"#dddddd\"");
            text(left_ - 8, y(value) + 4, short_number(value), "text-anchor=\"end\" fill=\"#555555\"");
        }
        const double minutes = end_ / 60;
        const double time_step = round_step(minutes, 8);
        for (int mark = 0; mark * time_step <= minutes; ++mark) {
            const double at = left_ + mark * time_step / minutes * panel_width;
            line(at, top_ + panel_height, at, top_ + panel_height + 5, "stroke=\"#888888\"");
            text(at, top_ + panel_height + 18, short_number(mark * time_step),
                 "text-anchor=\"middle\" fill=\"#555555\"");
        }
        for (const simulation::scale_event& event : report_.request.scenario.scale) {
            const double at = left_ + seconds(event.at) / end_ * panel_width;
            line(at, top_, at, top_ + panel_height, "stroke=\"#444444\" stroke-dasharray=\"2 4\"");
            text(at + 4, top_ + 14, (event.change > 0 ? "+" : "") + std::to_string(event.change),
                 "fill=\"#444444\"");
        }
        line(left_, top_ + panel_height, left_ + panel_width, top_ + panel_height, "stroke=\"#888888\"");
        text(left_ + panel_width / 2, top_ + panel_height + 36, "minutes since the start",
             "text-anchor=\"middle\" fill=\"#555555\"");
    }

    static std::string short_number(double value) {
        std::ostringstream written;
        written << value;
        return written.str();
    }

    const simulate_report& report_;
    double end_ = 1;
    double left_ = 0;
    double top_ = 0;
    double base_ = 0;
    double top_value_ = 1;
    std::ostringstream svg_;
};

}  // namespace

std::string draw(const simulate_report& report) { return picture(report).draw(); }

}  // namespace podpool::cli
