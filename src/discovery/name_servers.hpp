// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/cares_channel.hpp"

#include <podpool/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace podpool::detail {

/// The name servers in use; the one that answered last is asked first. Lives on one strand.
class name_servers {
public:
    /// `strand`: where all of it runs. `servers`: at least one. `time`: what a whole question may take.
    name_servers(boost::asio::any_io_executor strand, const std::vector<endpoint>& servers,
                 std::chrono::nanoseconds time);

    [[nodiscard]] std::size_t size() const { return channels_.size(); }
    [[nodiscard]] cares_channel& at(std::size_t index) const { return *channels_[index]; }
    [[nodiscard]] std::size_t preferred() const { return preferred_; }
    void prefer(std::size_t index) { preferred_ = index; }
    [[nodiscard]] const boost::asio::any_io_executor& strand() const { return strand_; }

    /// Drops what is in flight. Idempotent.
    void close() noexcept;

private:
    boost::asio::any_io_executor strand_;
    std::vector<std::shared_ptr<cares_channel>> channels_;
    std::size_t preferred_ = 0;
};

}  // namespace podpool::detail
