// SPDX-License-Identifier: BSL-1.0
#include "lease_runner.hpp"

#include "plain_statement.hpp"
#include "sql_lexer.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace podpool::test {

namespace {

using detail::sql_lexer;
using detail::sql_token;
using detail::sql_token_kind;

enum class block_edge { none, begins, ends };

/// What the statements of a text do to a transaction, by the last of them that does something.
block_edge edge_of(const std::string& sql, bool standard_strings) {
    block_edge edge = block_edge::none;
    sql_lexer lexer(sql, standard_strings);
    bool at_start = true;
    bool ending = false;
    for (sql_token token = lexer.next();
         token.kind != sql_token_kind::end && token.kind != sql_token_kind::unfinished;
         token = lexer.next()) {
        if (at_start) {
            ending = token.is_word("commit") || token.is_word("end") || token.is_word("rollback") ||
                     token.is_word("abort");
            if (token.is_word("begin") || token.is_word("start")) edge = block_edge::begins;
            if (ending) edge = block_edge::ends;
        } else if (ending && token.is_word("to")) {
            edge = block_edge::none;
        } else if (ending && token.is_word("chain")) {
            edge = block_edge::begins;
        } else if (ending && token.is_word("no")) {
            ending = false;
        }
        at_start = token.is_symbol(';');
    }
    return edge;
}

/// The lines that only one of two states has.
std::vector<std::string> difference_of(const std::string& before, const std::string& after) {
    const auto lines_of = [](const std::string& text) {
        std::set<std::string> lines;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);) lines.insert(line);
        return lines;
    };
    const std::set<std::string> old_lines = lines_of(before);
    const std::set<std::string> new_lines = lines_of(after);
    std::vector<std::string> difference;
    std::set_symmetric_difference(old_lines.begin(), old_lines.end(), new_lines.begin(), new_lines.end(),
                                  std::back_inserter(difference));
    return difference;
}

/// The gate of docs/security.md through which plain statements left something; empty if none is known. In all
/// of PostgreSQL's tests they are those through which a row that is written draws from a sequence.
std::string gate_of(const std::vector<std::string>& difference) {
    const auto all_of = [&difference](std::string_view gate) {
        std::size_t drawn = 0;
        for (const std::string& line : difference) {
            const bool draws = line.starts_with(gate);
            if (!draws && !line.starts_with("lastval:")) return false;
            if (draws) ++drawn;
        }
        return drawn > 0;
    };
    if (all_of("column currval:")) return "a column's default or identity";
    if (all_of("domain currval:")) return "a domain's default";
    return all_of("rule currval:") ? "a rule" : "";
}

/// The first line of a state.
std::string role_of(const std::string& state) { return state.substr(0, state.find('\n')); }

std::string joined(const std::vector<std::string>& statements) {
    std::string text;
    for (const std::string& one : statements) text += one + ";\n";
    return text;
}

}  // namespace

lease_runner::lease_runner(const std::string& conninfo)
    : conninfo_(conninfo), clean_(conninfo), other_(conninfo), state_of_clean_(clean_.state()) {
    if (state_of_clean_.empty()) throw std::runtime_error("a new session can't tell its state");
}

bool lease_runner::is_plain(const std::string& sql) const {
    return detail::leaves_nothing(sql, other_.standard_strings()) &&
           detail::leaves_nothing(sql, clean_.standard_strings());
}

void lease_runner::run(const std::string& name, script_reader& script) {
    script_ = name;
    ++figures_.scripts;
    other_.reconnect();
    while (std::optional<std::string> sql = script.next(other_.standard_strings())) {
        if (script.take_reconnect()) other_.reconnect();
        if (other_.in_transaction() || !is_plain(*sql)) {
            run_others(script, *sql);
        } else if (edge_of(*sql, other_.standard_strings()) == block_edge::begins) {
            read_transaction(script, std::move(*sql));
        } else {
            ++figures_.statements;
            ++figures_.plain;
            run_lease({*sql});
        }
    }
    figures_.skipped_commands += script.skipped_commands();
}

/// Collects a transaction while all of it is plain; else it goes to the other session.
void lease_runner::read_transaction(script_reader& script, std::string sql) {
    lease statements{std::move(sql)};
    bool ended = false;
    while (!ended) {
        std::optional<std::string> next = script.next(other_.standard_strings());
        if (!next) break;
        if (!is_plain(*next)) {
            figures_.statements += statements.size();
            figures_.plain += statements.size();
            figures_.among_others += statements.size();
            for (const std::string& one : statements) other_.run(one);
            run_others(script, *next);
            return;
        }
        ended = edge_of(*next, other_.standard_strings()) == block_edge::ends;
        statements.push_back(std::move(*next));
    }
    figures_.statements += statements.size();
    figures_.plain += statements.size();
    run_lease(statements);
}

/// A statement that isn't plain, or is in a transaction with such.
void lease_runner::run_others(script_reader& script, const std::string& sql) {
    ++figures_.statements;
    if (is_plain(sql)) {
        ++figures_.plain;
        ++figures_.among_others;
    }
    other_.run(sql, [&script] { return script.copy_data(); });
}

void lease_runner::run_lease(const lease& statements) {
    ++figures_.leases;
    const std::string before = other_.state();
    // What another role is refused may do harm as the superuser.
    if (role_of(before) == role_of(state_of_clean_)) {
        const bool succeeded = run_all(clean_, statements);
        if (!leaves_as_it_was(clean_, state_of_clean_, statements)) clean_.reconnect();
        if (succeeded) {
            ++figures_.succeeded;
            return;
        }
    }
    const bool succeeded_beside = run_all(other_, statements);
    // The state can't be told where a script has taken the rights to do so.
    if (!before.empty()) leaves_as_it_was(other_, before, statements);
    ++(succeeded_beside ? figures_.succeeded_beside : figures_.failed);
}

bool lease_runner::run_all(leased_session& session, const lease& statements) {
    bool succeeded = true;
    for (const std::string& one : statements) succeeded = session.run(one) && succeeded;
    // As a pool does at the end of a lease.
    if (session.in_transaction()) session.rollback();
    return succeeded;
}

bool lease_runner::leaves_as_it_was(leased_session& session, const std::string& before,
                                    const lease& statements) {
    const std::string after = session.state();
    if (after == before) return true;
    const std::vector<std::string> difference = difference_of(before, after);
    const std::string gate = gate_of(difference);
    if (gate.empty()) {
        std::string told = script_ + ": " + joined(statements);
        for (const std::string& line : difference)
            told += (before.find(line) == std::string::npos ? "    came: " : "    went: ") + line + "\n";
        figures_.left_something.push_back(std::move(told));
    } else {
        ++figures_.by_gate[gate];
    }
    return false;
}

}  // namespace podpool::test
