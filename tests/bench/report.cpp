// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include "table_text.hpp"
#include "workers.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <sstream>

namespace podpool::bench {

namespace {

constexpr int ratio_decimals = 2;

const std::vector<std::string> heads = {
    "workload", "podpool (min to max)", "compared with", "ratio (min to max)", "aim", "met"};

std::string with_unit(const series& values, const figure& unit) {
    return number_text(values.median(), unit.decimals) + (unit.unit.empty() ? "" : " " + unit.unit);
}

series judged_values(const row& judged) {
    return judged.goal->of_value ? judged.measured : ratios(judged.measured, judged.compared);
}

std::string goal_text(const row& judged) {
    if (!judged.goal) return "";
    const std::string sign = judged.goal->side == aim::bound::at_most ? "≤ " : "≥ ";
    if (!judged.goal->of_value) return sign + number_text(judged.goal->limit, ratio_decimals);
    return sign + number_text(judged.goal->limit, judged.unit.decimals) +
           (judged.unit.unit.empty() ? "" : " " + judged.unit.unit);
}

std::vector<std::string> cells_of(const row& shown) {
    std::vector<std::string> result(heads.size());
    result[0] = shown.workload;
    result[1] =
        with_unit(shown.measured, shown.unit) + " " + spread_text(shown.measured, shown.unit.decimals);
    if (!shown.baseline.empty()) {
        const series ratio = ratios(shown.measured, shown.compared);
        result[2] = shown.baseline + ", " + with_unit(shown.compared, shown.unit);
        result[3] = number_text(ratio.median(), ratio_decimals) + " " + spread_text(ratio, ratio_decimals);
    }
    result[4] = goal_text(shown);
    result[5] = verdict(shown);
    return result;
}

table_lines lines_of(const report& all) {
    table_lines lines{heads};
    for (const row& each : all.rows) lines.push_back(cells_of(each));
    return lines;
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
    if (!met && limit == 0) return "no";
    return met ? "yes" : "no, by " + number_text(std::abs(reached / limit - 1.0) * 100.0, 0) + " %";
}

void print_table(std::ostream& out, const report& all) {
    if (!all.rows.empty()) print_aligned(out, lines_of(all));
    for (const contest& each : all.contests) {
        out << '\n' << each.workload << '\n';
        print_aligned(out, table_of(each));
    }
    out << "\nMedians of interleaved rounds. Machine: " << machine_text() << '\n';
    for (const std::string& remark : all.remarks) out << "note: " << remark << '\n';
    for (const std::string& missing : all.not_run) out << "not run: " << missing << '\n';
}

void print_markdown(std::ostream& out, const report& all) {
    out << "Machine: " << machine_text() << ".\n\n";
    if (!all.rows.empty()) print_markdown_table(out, lines_of(all));
    for (const contest& each : all.contests) {
        out << "\n### " << each.workload << "\n\n";
        print_markdown_table(out, table_of(each));
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
    out << "],\n\"contests\":[";
    for (std::size_t index = 0; index < all.contests.size(); ++index) {
        out << (index != 0 ? ",\n" : "\n");
        print_contest_json(out, all.contests[index]);
    }
    out << "],\n\"remarks\":";
    print_texts(out, all.remarks);
    out << ",\"not_run\":";
    print_texts(out, all.not_run);
    out << "}\n";
}

}  // namespace podpool::bench
