// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/dns_question.hpp"
#include "discovery/family_choice.hpp"
#include "discovery/lookup.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// What is known of A and AAAA (in this order) without asking, from the rest of another answer.
using known_addresses = std::array<std::optional<address_records>, 2>;

/// Asks for A and AAAA at once, and takes the addresses of the family, or families, to use.
///
/// It is good if a family in use has addresses. When the other one in use fails meanwhile, that family's last
/// good addresses stay; when it is empty, it has none.
class address_lookup final : public lookup, public std::enable_shared_from_this<address_lookup> {
public:
    /// `host`: the name that TLS verifies. `port`: that of every endpoint.
    address_lookup(std::string host, std::uint16_t port, address_family wanted)
        : host_(std::move(host)), port_(port), choice_(wanted) {}

    /// The weight of every endpoint from the next answer on; 0 counts as 1: where SRV records have no weights
    /// all are 0, and one of 0 among others has the smallest part (RFC 2782).
    void set_weight(std::uint16_t weight) { weight_ = std::max<std::uint16_t>(weight, 1); }

    void run(const std::shared_ptr<name_servers>& servers, const std::string& name,
             clock::time_point deadline, handler done) override;

    /// As run(), but asks only for the families that aren't known; one at least must not be.
    void run_for_unknown(const std::shared_ptr<name_servers>& servers, const std::string& name,
                         known_addresses known, clock::time_point deadline, handler done);

    /// Takes an answer in which both families are known, without asking.
    lookup_result accept(const std::string& name, known_addresses known);

    void hurry(clock::time_point deadline) override;
    void abandon() noexcept override;

private:
    struct family {
        record_type type = record_type::a;
        /// The answer of this run, nothing if it failed or is still to come.
        std::optional<address_records> answer;
        /// Why there are no addresses in this run.
        std::string reason;
        bool name_missing = false;
        bool pending = false;
        std::shared_ptr<dns_question> question;
        std::vector<boost::asio::ip::address> last_good;
    };

    void prepare(const std::string& name, known_addresses known);
    void on_outcome(family& part, const dns_outcome& outcome);
    void choose_family();
    lookup_result conclude();
    [[nodiscard]] bool uses(const family& part) const;
    [[nodiscard]] std::string problem_text() const;
    [[nodiscard]] std::string failure_text() const;
    [[nodiscard]] std::string other_family_text() const;
    void add_endpoints(lookup_result& result) const;

    std::string host_;
    std::uint16_t port_;
    std::uint16_t weight_ = 1;
    family_choice choice_;
    std::string name_;
    std::array<family, 2> families_;  // as family_choice has them
    handler done_;
};

}  // namespace podpool::detail
