// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/endpoint_info.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace podpool {

/// Publishes a fixed list of endpoints, once.
///
/// Thread safety: all functions may be called from any thread, also from inside the listener.
class static_source final : public discovery_source {
public:
    /// `endpoints`: at least one, each address and port once. The listener is called on `executor`.
    static_source(boost::asio::any_io_executor executor, std::vector<endpoint_info> endpoints)
        : executor_(std::move(executor)), endpoints_(std::move(endpoints)) {}
    ~static_source() override { stop(); }

    void start(std::function<void(discovery_update)> listener) override {
        endpoint_set answer;
        answer.endpoints = endpoints_;
        answer.source = "static";
        boost::asio::post(executor_, [stopped = stopped_, listener = std::move(listener),
                                      answer = std::move(answer)]() mutable {
            if (!*stopped) listener(std::move(answer));
        });
    }

    /// Does nothing: there is nobody to ask.
    void refresh() override {}

    void stop() noexcept override { *stopped_ = true; }

private:
    boost::asio::any_io_executor executor_;
    std::vector<endpoint_info> endpoints_;
    std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace podpool
