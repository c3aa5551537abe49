// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/port_choice.hpp"

#include <podpool/detail/option_message.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace podpool::detail {
namespace {

using port_entries = std::vector<endpoint_slice::port_entry>;

std::string listed(const port_entries& ports) {
    constexpr std::size_t most_listed = 8;
    std::string text;
    for (std::size_t index = 0; index < ports.size(); ++index) {
        if (index == most_listed) return text + ", and " + std::to_string(ports.size() - index) + " more";
        const endpoint_slice::port_entry& port = ports[index];
        if (index > 0) text += ", ";
        if (!port.name.empty()) text += port.name + " ";
        text += port.number ? std::to_string(*port.number) : "(every number)";
        if (port.protocol != "TCP") text += "/" + port.protocol;
    }
    return text.empty() ? "no port" : text;
}

/// A port's number; none for the name of a port, which has a letter.
std::optional<std::uint16_t> number_in(const std::string& text) {
    std::uint16_t number = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return number;
}

bool has_one_number(const port_entries& ports) {
    return std::all_of(ports.begin(), ports.end(),
                       [&](const auto& port) { return port.number == ports.front().number; });
}

/// What a port of any number is dialled at.
port_choice choose_any(std::uint16_t number, const endpoint_slice& slice) {
    if (number != 0) return {number, {}};
    return {0, "slice " + slice.name + " names no port; expected one in the connection string"};
}

port_choice choose_named(const endpoint_slice& slice, const port_entries& ports, const std::string& wanted,
                         std::uint16_t service_port) {
    for (const endpoint_slice::port_entry& port : ports) {
        if (port.name == wanted)
            return port.number ? port_choice{*port.number, {}} : choose_any(service_port, slice);
    }
    return {0, "slice " + slice.name + " has " + listed(slice.ports) + "; expected the TCP port " +
                   shown_value(wanted) + " of pool_kubernetes_port"};
}

}  // namespace

port_choice choose_port(const endpoint_slice& slice, const std::string& wanted, std::uint16_t service_port) {
    port_entries ports;
    std::copy_if(slice.ports.begin(), slice.ports.end(), std::back_inserter(ports),
                 [](const auto& port) { return port.protocol == "TCP"; });
    const auto wanted_number = number_in(wanted);
    const std::uint16_t number = wanted_number.value_or(service_port);
    const bool any_number = slice.ports.empty() || std::any_of(ports.begin(), ports.end(),
                                                               [](const auto& port) { return !port.number; });
    if (!wanted.empty() && !wanted_number) return choose_named(slice, ports, wanted, service_port);
    if (wanted.empty() && !ports.empty() && has_one_number(ports) && ports.front().number) {
        return {*ports.front().number, {}};
    }
    const bool has_number =
        std::any_of(ports.begin(), ports.end(), [&](const auto& port) { return port.number == number; });
    if (has_number || any_number) return choose_any(number, slice);
    return {0,
            "slice " + slice.name + " has " + listed(slice.ports) + "; expected the TCP port " +
                std::to_string(number) +
                (wanted.empty() ? " of the connection string; name the port to use with pool_kubernetes_port"
                                : " of pool_kubernetes_port")};
}

}  // namespace podpool::detail
