// SPDX-License-Identifier: BSL-1.0
#include "real_dns_server.hpp"

#include "child_process.hpp"
#include "wait_for.hpp"

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace podpool::test {

real_dns_server::real_dns_server(std::string zone)
    : zone_(std::move(zone)),
      root_({"podpool-dns-", "", "knot.pid", "KILL"}),
      directory_(root_.path() + "/knot"),
      ip_(network_.address(53)) {
    std::filesystem::create_directory(directory_);
    write_configuration();
    write_zone();
    start();
}

real_dns_server::~real_dns_server() {
    try {
        process_.kill9();
    } catch (const std::exception&) {
        // The directory's watcher tries again.
        return;
    }
}

bool real_dns_server::available(std::string& why) {
    try {
        for (const char* name : {"knotd", "knotc"}) run_child({system_program(name), "--version"});
        run_child({"setsid", "--version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = std::string("Knot DNS doesn't run here: ") + problem.what();
        return false;
    }
}

std::string real_dns_server::address() const { return ip_ + ":" + std::to_string(network_.port()); }

void real_dns_server::set_records(const std::string& name, const std::vector<std::string>& addresses,
                                  std::chrono::seconds ttl) {
    std::vector<std::string> lines;
    for (const auto& address : addresses) {
        const bool ipv6 = address.find(':') != std::string::npos;
        lines.push_back(std::to_string(ttl.count()) + (ipv6 ? " AAAA " : " A ") + address);
    }
    set_lines(name, lines);
}

void real_dns_server::set_lines(const std::string& name, const std::vector<std::string>& lines) {
    if (!name.ends_with("." + zone_)) {
        throw std::runtime_error("real_dns_server: " + name + " is not in the zone " + zone_);
    }
    records_[name] = lines;
    write_zone();
    // Returns when the zone has been loaded.
    if (running()) run_child(control({"-b", "zone-reload", zone_}));
}

void real_dns_server::start() {
    if (running()) return;
    process_.start(
        {system_program("knotd"), "-c", directory_ + "/knot.conf", "-s", directory_ + "/knot.sock"},
        directory_ + "/knot.log");
    wait_until_ready();
}

void real_dns_server::stop() try {
    process_.ask(SIGTERM);
    process_.wait_until_gone();
} catch (const std::runtime_error& failed) {
    throw std::runtime_error(std::string("the DNS server ") + failed.what() + ":\n" + log_text());
}

void real_dns_server::wait_until_ready() {
    std::string why;
    const auto answers = [&] {
        try {
            run_child(control({"zone-read", zone_, "@", "SOA"}));
            return true;
        } catch (const std::runtime_error& problem) {
            why = problem.what();
            return false;
        }
    };
    const bool ended = wait_for([&] { return answers() || process_.has_ended(); });
    if (!running()) throw std::runtime_error("the DNS server ended at its start:\n" + log_text());
    if (!ended) throw std::runtime_error("the DNS server doesn't get ready: " + why + "\n" + log_text());
}

void real_dns_server::write_configuration() const {
    write_text(directory_ + "/knot.conf",
               "server:\n"
               "    listen: " +
                   ip_ + "@" + std::to_string(network_.port()) +
                   "\n"
                   "    rundir: \"" +
                   directory_ +
                   "\"\n"
                   "    pidfile: \"" +
                   directory_ +
                   "/knot.pid\"\n"
                   "    udp-workers: 1\n"
                   "    tcp-workers: 1\n"
                   "    background-workers: 1\n"
                   "database:\n"
                   "    storage: \"" +
                   directory_ +
                   "/db\"\n"
                   "log:\n"
                   "  - target: stderr\n"
                   "    any: warning\n"
                   "zone:\n"
                   "  - domain: " +
                   zone_ +
                   "\n"
                   "    file: \"" +
                   directory_ +
                   "/zone\"\n"
                   "    zonefile-load: whole\n"
                   "    zonefile-sync: -1\n"
                   "    journal-content: none\n");
}

void real_dns_server::write_zone() {
    std::string text = "$ORIGIN " + zone_ + ".\n@ 5 SOA ns admin " + std::to_string(++serial_) +
                       " 60 60 60 5\n@ 5 NS ns\nns 5 A " + ip_ + "\n";
    for (const auto& [name, lines] : records_) {
        for (const auto& line : lines) text += name + ". " + line + "\n";
    }
    // In one step, so that a server that starts just now reads one or the other.
    write_text(directory_ + "/zone.new", text);
    std::filesystem::rename(directory_ + "/zone.new", directory_ + "/zone");
}

std::vector<std::string> real_dns_server::control(std::vector<std::string> command) const {
    std::vector<std::string> whole = {system_program("knotc"), "-s", directory_ + "/knot.sock"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

std::string real_dns_server::log_text() const { return read_text(directory_ + "/knot.log"); }

}  // namespace podpool::test
