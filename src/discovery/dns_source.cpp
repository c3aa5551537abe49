// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_refresher.hpp"

#include <podpool/discovery/dns_source.hpp>

namespace podpool {

dns_source::dns_source(const boost::asio::any_io_executor& executor,
                       const std::vector<discovery_target>& targets, const options& settings)
    : refresher_(
          std::make_shared<detail::dns_refresher>(executor, targets, settings, detail::system_files())) {}

dns_source::~dns_source() { refresher_->stop(); }

void dns_source::start(std::function<void(discovery_update)> listener) {
    refresher_->start(std::move(listener));
}

void dns_source::refresh() { refresher_->refresh(); }

void dns_source::stop() noexcept { refresher_->stop(); }

}  // namespace podpool
