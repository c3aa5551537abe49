// SPDX-License-Identifier: BSL-1.0
#include "discovery/hosts_lookup.hpp"

#include "discovery/system_files.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace podpool::detail {

void hosts_lookup::run(const std::shared_ptr<name_servers>& servers, const std::string& name,
                       clock::time_point /*deadline*/, handler done) {
    done_ = std::move(done);
    boost::asio::post(servers->strand(), [weak = weak_from_this(), result = look_up(name)]() mutable {
        const auto self = weak.lock();
        if (self == nullptr || !self->done_) return;
        const handler answer = std::exchange(self->done_, nullptr);
        answer(std::move(result));
    });
}

void hosts_lookup::hurry(clock::time_point /*deadline*/) {}

void hosts_lookup::abandon() noexcept { done_ = nullptr; }

lookup_result hosts_lookup::look_up(const std::string& name) {
    known_addresses known{address_records{}, address_records{}};
    bool found = false;
    for (const auto& address : read_hosts(file_, name)) {
        known[address.is_v6() ? family_choice::v6 : family_choice::v4]->addresses.push_back(address);
        found = true;
    }
    if (found) return addresses_->accept(name, std::move(known));
    lookup_result missing;
    missing.negative = true;
    missing.problem = name + ": not in " + file_;
    return missing;
}

}  // namespace podpool::detail
