// SPDX-License-Identifier: BSL-1.0
#include "discovery/name_servers.hpp"

#include <algorithm>
#include <utility>

namespace podpool::detail {
namespace {

/// How long one server may take for one try: short enough that each server gets more than one within
/// the whole time, since a lost packet is the most common reason for silence.
std::chrono::milliseconds time_per_try(std::chrono::nanoseconds time, std::size_t servers) {
    constexpr std::chrono::milliseconds longest = std::chrono::seconds(1);
    constexpr std::chrono::milliseconds shortest{10};
    constexpr std::size_t tries = 3;
    const auto share = std::chrono::ceil<std::chrono::milliseconds>(time / (tries * servers));
    return std::clamp(share, shortest, longest);
}

}  // namespace

name_servers::name_servers(boost::asio::any_io_executor strand, const std::vector<endpoint>& servers,
                           std::chrono::nanoseconds time)
    : strand_(std::move(strand)) {
    for (const auto& server : servers) {
        channels_.push_back(
            std::make_shared<cares_channel>(strand_, server, time_per_try(time, servers.size())));
    }
}

void name_servers::close() noexcept {
    for (const auto& channel : channels_) channel->close();
}

}  // namespace podpool::detail
