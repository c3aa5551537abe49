// SPDX-License-Identifier: BSL-1.0
#include "cli/screen.hpp"

#include "cli/render.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace podpool::cli {

namespace {

screen_size stdout_size() {
    screen_size size;
    winsize window{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_row > 1 && window.ws_col > 0) {
        size.rows = window.ws_row;
        size.columns = window.ws_col;
    }
    return size;
}

}  // namespace

std::vector<std::string> fitted(std::vector<std::string> lines, screen_size size) {
    // The last row stays free for the cursor.
    const std::size_t room = std::max<std::size_t>(size.rows, 2) - 1;
    if (lines.size() > room) {
        const std::size_t hidden = lines.size() - room + 1;
        lines.resize(room);
        lines.back() = "... " + std::to_string(hidden) + " more";
    }
    for (std::string& line : lines) {
        if (line.size() <= size.columns) continue;
        std::size_t end = size.columns;
        // Never inside a character of several bytes.
        while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
        line.resize(end);
    }
    return lines;
}

void screen::show(const std::vector<std::string>& lines) {
    if (is_terminal_) {
        const std::vector<std::string> visible = fitted(lines, stdout_size());
        if (shown_ > 0) out_ << "\x1b[" << shown_ << 'A';
        out_ << "\r\x1b[J" << joined(visible);
        shown_ = visible.size();
    } else {
        if (shown_ > 0) out_ << '\n';
        out_ << joined(lines);
        shown_ = lines.size();
    }
    out_.flush();
}

bool stdout_is_terminal() {
    const char* const kind = std::getenv("TERM");
    return isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace podpool::cli
