// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/fake/fake_world.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace podpool {

/// Publishes what a fake_world publishes.
class fake_source final : public discovery_source {
public:
    fake_source(const boost::asio::any_io_executor& executor, std::shared_ptr<fake_world> world)
        : strand_(boost::asio::make_strand(executor)), world_(std::move(world)) {}
    ~fake_source() override { stop(); }

    void start(std::function<void(discovery_update)> listener) override {
        const auto shared = std::make_shared<std::function<void(discovery_update)>>(std::move(listener));
        id_ = world_->listen([strand = strand_, stopped = stopped_, shared](const discovery_update& update) {
            boost::asio::post(strand, [stopped, shared, update] {
                if (!*stopped) (*shared)(update);
            });
        });
    }

    /// Only notes that it was asked: the world publishes by itself.
    void refresh() override { world_->note_refresh(); }

    void stop() noexcept override {
        if (!stopped_->exchange(true) && id_ != 0) world_->unlisten(id_);
    }

private:
    boost::asio::strand<boost::asio::any_io_executor> strand_;
    std::shared_ptr<fake_world> world_;
    std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
    std::uint64_t id_ = 0;
};

}  // namespace podpool
