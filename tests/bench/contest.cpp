// SPDX-License-Identifier: BSL-1.0
#include "contest.hpp"

#include "table_text.hpp"

#include <array>
#include <iomanip>

namespace podpool::bench {

namespace {

constexpr std::array<const char*, 7> figure_names = {"per_second",    "p50",  "p99",   "p999",
                                                     "cpu_per_query", "user", "system"};

}  // namespace

std::vector<std::vector<std::string>> table_of(const contest& shown) {
    constexpr int ratio_decimals = 2;
    const contest::entry& baseline = shown.entries.at(shown.baseline);
    std::vector<std::vector<std::string>> lines = {
        {"contender", "per second (min to max)", "× " + baseline.name + " (min to max)", "p50 µs", "p99 µs",
         "p99.9 µs", "client CPU µs per query (min to max)", "user / system", "system calls per query"}};
    for (const contest::entry& each : shown.entries) {
        const series ratio = ratios(each.figures[per_second], baseline.figures[per_second]);
        lines.push_back(
            {each.name, with_spread(each.figures[per_second], 0), with_spread(ratio, ratio_decimals),
             number_text(each.figures[wait_p50].median(), 0), number_text(each.figures[wait_p99].median(), 0),
             number_text(each.figures[wait_p999].median(), 0), with_spread(each.figures[cpu_per_query], 1),
             number_text(each.figures[user_per_query].median(), 1) + " / " +
                 number_text(each.figures[system_per_query].median(), 1),
             each.system_calls.empty() ? "not measured" : each.system_calls});
    }
    return lines;
}

void print_contest_json(std::ostream& out, const contest& shown) {
    out << "{\"group\":" << std::quoted(shown.group) << ",\"workload\":" << std::quoted(shown.workload)
        << ",\"contenders\":[";
    for (std::size_t index = 0; index < shown.entries.size(); ++index) {
        const contest::entry& each = shown.entries[index];
        out << (index != 0 ? ",\n" : "\n") << "{\"name\":" << std::quoted(each.name);
        for (std::size_t figure = 0; figure < each.figures.size(); ++figure) {
            out << ",\"" << figure_names[figure] << "\":";
            print_values(out, each.figures[figure]);
        }
        out << ",\"system_calls\":" << std::quoted(each.system_calls) << '}';
    }
    out << "]}";
}

}  // namespace podpool::bench
