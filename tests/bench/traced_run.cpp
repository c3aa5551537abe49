// SPDX-License-Identifier: BSL-1.0
#include "traced_run.hpp"

#include "contender_process.hpp"

#include <support/child_process.hpp>
#include <support/server_directory.hpp>

#include <algorithm>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace podpool::bench {

namespace {

/// Plays rounds under a tracer that writes to `file`; returns what it has written.
std::string traced(std::vector<std::string> tracer, const std::vector<std::string>& contender,
                   const std::vector<std::uint64_t>& rounds, const std::string& file) {
    constexpr std::chrono::minutes at_most{5};
    tracer.insert(tracer.end(), contender.begin(), contender.end());
    contender_process process(tracer);
    for (const std::uint64_t queries : rounds) {
        process.ask("count " + std::to_string(queries));
        const contender_answer answer = process.answer(at_most);
        if (answer.of("failed") > 0) throw std::runtime_error("a query failed: " + answer.why);
    }
    process.finish();
    return test::read_text(file);
}

/// A temporary directory for what tracers write.
test::server_directory::settings scratch() { return {"podpool-bench-", "", "postmaster.pid", "QUIT"}; }

bool runs(const std::vector<std::string>& command, std::string& why) {
    try {
        test::run_child(command);
        return true;
    } catch (const std::runtime_error& problem) {
        why = problem.what();
        return false;
    }
}

}  // namespace

std::vector<system_calls> read_strace_log(const std::string& text) {
    constexpr std::string_view answer = "write(1, \"answer ";
    std::vector<system_calls> read(1);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        // The thread's id, and the call; or what became of a call that was told of before, or a signal.
        std::size_t name = line.find_first_not_of("0123456789 ");
        const std::size_t bracket = line.find('(', std::min(name, line.size()));
        if (bracket == std::string::npos || line[name] == '<' || line[name] == '+' || line[name] == '-')
            continue;
        if (line.compare(name, answer.size(), answer) == 0) {
            read.emplace_back();
        } else {
            ++read.back()[line.substr(name, bracket - name)];
        }
    }
    return read;
}

double read_callgrind_total(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        constexpr std::string_view head = "summary: ";
        if (line.rfind(head, 0) == 0) return std::stod(line.substr(head.size()));
    }
    throw std::runtime_error("callgrind wrote no summary");
}

system_calls calls_per_query(const system_calls& few, const system_calls& many, double queries) {
    system_calls difference;
    for (const auto& [name, count] : many) {
        const auto before = few.find(name);
        difference[name] = (count - (before == few.end() ? 0 : before->second)) / queries;
    }
    return difference;
}

std::string calls_text(const system_calls& per_query) {
    constexpr double often = 0.05;
    double total = 0;
    std::vector<std::pair<double, std::string>> each;
    for (const auto& [name, count] : per_query) {
        total += count;
        if (count >= often) each.emplace_back(count, name);
    }
    std::sort(each.begin(), each.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::ostringstream text;
    text << std::fixed << std::setprecision(2) << total;
    const char* before = ": ";
    for (const auto& [count, name] : each) {
        text << before << name << ' ' << count;
        before = ", ";
    }
    return text.str();
}

bool can_count_system_calls(std::string& why) {
    return runs({"strace", "-f", "-o", "/dev/null", "true"}, why);
}

bool can_count_instructions(std::string& why) {
    return runs({"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "true"}, why);
}

system_calls count_system_calls(const std::vector<std::string>& contender, std::uint64_t few,
                                std::uint64_t more) {
    const test::server_directory directory(scratch());
    const std::string file = directory.path() + "/calls";
    // -s: the mark of an answer is to be seen.
    const auto calls =
        read_strace_log(traced({"strace", "-f", "-s", "16", "-o", file}, contender, {few, few + more}, file));
    // While it started, in the two rounds, and afterwards.
    if (calls.size() != 4) throw std::runtime_error("strace saw no answers");
    return calls_per_query(calls[1], calls[2], static_cast<double>(more));
}

double count_instructions(const std::vector<std::string>& contender, std::uint64_t few, std::uint64_t more) {
    const test::server_directory directory(scratch());
    const auto count = [&](std::uint64_t queries) {
        const std::string file = directory.path() + "/instructions." + std::to_string(queries);
        return read_callgrind_total(traced({"valgrind", "--tool=callgrind", "--callgrind-out-file=" + file},
                                           contender, {queries}, file));
    };
    return (count(few + more) - count(few)) / static_cast<double>(more);
}

}  // namespace podpool::bench
