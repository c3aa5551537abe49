// SPDX-License-Identifier: BSL-1.0
#include "screen.hpp"

#include "palette.hpp"
#include "pod_figures.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace demo {

namespace {

constexpr std::chrono::milliseconds redraw_every{500};
constexpr std::chrono::seconds print_every{3};

bool is_set(const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
}

bool speaks_utf8() {
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        if (!is_set(variable)) continue;
        const std::string_view locale = std::getenv(variable);
        return locale.find("UTF-8") != std::string_view::npos ||
               locale.find("utf8") != std::string_view::npos;
    }
    return false;
}

}  // namespace

screen::screen()
    : terminal_(isatty(STDOUT_FILENO) == 1),
      colours_(terminal_ && !is_set("NO_COLOR")),
      utf8_(speaks_utf8()) {
    if (terminal_) std::fputs("\033[?25l", stdout);  // no cursor
}

screen::~screen() {
    if (terminal_) std::fputs("\033[?25h", stdout);
    std::fflush(stdout);
}

void screen::say(const std::string& words) {
    lines_ = 0;
    std::printf("%s\n", words.c_str());
    std::fflush(stdout);
}

void screen::show(const view& now) {
    const auto moment = std::chrono::steady_clock::now();
    if (moment < next_) return;
    if (terminal_) {
        next_ = moment + redraw_every;
        draw_table(now);
    } else {
        next_ = moment + print_every;
        print_line(now);
    }
    std::fflush(stdout);
}

std::string screen::bar(std::size_t pod, std::size_t length) const {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += utf8_ ? "\u2588" : "#";
    if (!colours_) return text;
    const colour& paint = colour_of(pod);
    return "\033[38;2;" + std::to_string(paint.red) + ";" + std::to_string(paint.green) + ";" +
           std::to_string(paint.blue) + "m" + text + "\033[0m";
}

void screen::draw_table(const view& now) {
    if (lines_ > 0) std::printf("\033[%zuA\r\033[J", lines_);
    std::printf("\n  %5.1f s   %s\n\n", now.seconds, now.headline.c_str());
    std::printf("  pod     address          queries/s   sessions\n");
    for (std::size_t i = 0; i < now.pods.size(); ++i) {
        std::printf("  %-7s %-15s  %9.0f   %8zu  %s%s\n", ("pod-" + std::to_string(i + 1)).c_str(),
                    now.names[i].c_str(), now.queries_per_second[i], now.pods[i].sessions,
                    bar(i, now.pods[i].sessions).c_str(), now.pods[i].up ? "" : "down");
    }
    const double rate = std::accumulate(now.queries_per_second.begin(), now.queries_per_second.end(), 0.0);
    std::printf("  %-7s %-15s  %9.0f   %8zu\n\n", "all", "", rate, total_sessions(now.pods));
    std::printf(
        "  max/mean %.2f   renewals %llu   callers waiting %zu   failed: %llu acquires, %llu queries\n",
        max_over_mean(now.pods), printable(now.renewals), now.waiting, printable(now.failed_acquires),
        printable(now.failed_queries));
    lines_ = now.pods.size() + 7;
}

void screen::print_line(const view& now) {
    std::printf("  %5.1f s  sessions", now.seconds);
    for (const pod_figures& pod : now.pods) std::printf(" %2zu", pod.sessions);
    std::printf("  queries/s");
    for (const double rate : now.queries_per_second) std::printf(" %4.0f", rate);
    std::printf("  max/mean %.2f  failed %llu acquires, %llu queries\n", max_over_mean(now.pods),
                printable(now.failed_acquires), printable(now.failed_queries));
}

}  // namespace demo
