// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include "workers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace podpool::bench {

namespace {

constexpr int ratio_decimals = 2;
constexpr std::size_t columns = 6;
using cells = std::array<std::string, columns>;

const cells heads = {"workload", "podpool (min to max)", "compared with", "ratio (min to max)", "aim", "met"};

std::string number(double value, int decimals) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(decimals) << value;
    return text.str();
}

std::string with_unit(const series& values, const figure& unit) {
    return number(values.median(), unit.decimals) + (unit.unit.empty() ? "" : " " + unit.unit);
}

std::string spread(const series& values, int decimals) {
    std::ostringstream text;
    text << '(' << number(values.smallest(), decimals) << " to " << number(values.largest(), decimals) << ')';
    return text.str();
}

series judged_values(const row& judged) {
    return judged.goal->of_value ? judged.measured : ratios(judged.measured, judged.compared);
}

std::string goal_text(const row& judged) {
    if (!judged.goal) return "";
    const std::string sign = judged.goal->side == aim::bound::at_most ? "≤ " : "≥ ";
    if (!judged.goal->of_value) return sign + number(judged.goal->limit, ratio_decimals);
    return sign + number(judged.goal->limit, judged.unit.decimals) + " " + judged.unit.unit;
}

cells cells_of(const row& shown) {
    cells result;
    result[0] = shown.workload;
    result[1] = with_unit(shown.measured, shown.unit) + " " + spread(shown.measured, shown.unit.decimals);
    if (!shown.baseline.empty()) {
        const series ratio = ratios(shown.measured, shown.compared);
        result[2] = shown.baseline + ", " + with_unit(shown.compared, shown.unit);
        result[3] = number(ratio.median(), ratio_decimals) + " " + spread(ratio, ratio_decimals);
    }
    result[4] = goal_text(shown);
    result[5] = verdict(shown);
    return result;
}

/// Characters, not bytes: what an editor shows.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string machine_text() {
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    std::string model = "unknown processor";
    while (std::getline(file, line)) {
        const std::size_t colon = line.find(':');
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
            model = line.substr(std::min(colon + 2, line.size()));
            break;
        }
    }
    return std::to_string(core_count()) + " cores, " + model + ", compiled by " +
#ifdef __clang__
           "Clang " +
#else
           "GCC " +
#endif
           __VERSION__;
}

std::string quoted(const std::string& text) {
    std::ostringstream out;
    out << std::quoted(text);
    return out.str();
}

void print_values(std::ostream& out, const series& values) {
    out << '[';
    for (std::size_t index = 0; index < values.values().size(); ++index) {
        out << (index != 0 ? "," : "") << values.values()[index];
    }
    out << ']';
}

void print_texts(std::ostream& out, const std::vector<std::string>& texts) {
    out << '[';
    for (std::size_t index = 0; index < texts.size(); ++index)
        out << (index != 0 ? "," : "") << quoted(texts[index]);
    out << ']';
}

}  // namespace

void report::note_disturbed(const std::string& workload, const outcome& result) {
    if (result.disturbed() == 0) return;
    remarks.push_back(workload + ": other work disturbed " + std::to_string(result.disturbed()) +
                      " measurements that were used all the same");
}

std::string verdict(const row& judged) {
    if (!judged.goal) return "";
    const double reached = judged_values(judged).median();
    const double limit = judged.goal->limit;
    const bool met = judged.goal->side == aim::bound::at_most ? reached <= limit : reached >= limit;
    return met ? "yes" : "no, by " + number(std::abs(reached / limit - 1.0) * 100.0, 0) + " %";
}

void print_table(std::ostream& out, const report& all) {
    std::vector<cells> lines{heads};
    for (const row& each : all.rows) lines.push_back(cells_of(each));
    std::array<std::size_t, columns> widths{};
    for (const cells& line : lines) {
        for (std::size_t column = 0; column < columns; ++column) {
            widths[column] = std::max(widths[column], width_of(line[column]));
        }
    }
    for (const cells& line : lines) {
        for (std::size_t column = 0; column < columns; ++column) {
            out << line[column] << std::string(widths[column] - width_of(line[column]) + 2, ' ');
        }
        out << '\n';
    }
    out << "\nMedians of interleaved rounds. Machine: " << machine_text() << '\n';
    for (const std::string& remark : all.remarks) out << "note: " << remark << '\n';
    for (const std::string& missing : all.not_run) out << "not run: " << missing << '\n';
}

void print_markdown(std::ostream& out, const report& all) {
    out << "Machine: " << machine_text() << ".\n\n|";
    for (const std::string& head : heads) out << ' ' << head << " |";
    out << "\n|---|---|---|---|---|---|\n";
    for (const row& each : all.rows) {
        out << '|';
        for (const std::string& cell : cells_of(each)) out << ' ' << cell << (cell.empty() ? "|" : " |");
        out << '\n';
    }
    for (const std::string& remark : all.remarks) out << "\nNote: " << remark << ".\n";
    for (const std::string& missing : all.not_run) out << "\nNot run: " << missing << ".\n";
}

void print_json(std::ostream& out, const report& all) {
    out << "{\"machine\":" << quoted(machine_text()) << ",\"rows\":[";
    for (std::size_t index = 0; index < all.rows.size(); ++index) {
        const row& each = all.rows[index];
        out << (index != 0 ? ",\n" : "\n") << "{\"group\":" << quoted(each.group)
            << ",\"workload\":" << quoted(each.workload) << ",\"unit\":" << quoted(each.unit.unit)
            << ",\"median\":" << each.measured.median() << ",\"rounds\":";
        print_values(out, each.measured);
        if (!each.baseline.empty()) {
            const series ratio = ratios(each.measured, each.compared);
            out << ",\"baseline\":" << quoted(each.baseline) << ",\"baseline_rounds\":";
            print_values(out, each.compared);
            out << ",\"ratio\":" << ratio.median();
        }
        if (each.goal) out << ",\"aim\":" << quoted(goal_text(each)) << ",\"met\":" << quoted(verdict(each));
        out << '}';
    }
    out << "],\n\"remarks\":";
    print_texts(out, all.remarks);
    out << ",\"not_run\":";
    print_texts(out, all.not_run);
    out << "}\n";
}

}  // namespace podpool::bench
