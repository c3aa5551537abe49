// SPDX-License-Identifier: BSL-1.0
// DNS answers as a server sends them: malformed ones are no answer, names are plain.
#include "discovery/dns_message.hpp"
#include "target.hpp"

#include <algorithm>

namespace {

using namespace podpool::detail;
using podpool::fuzz::promise;

void check_names(const std::vector<dns_record>& records) {
    for (const dns_record& record : records) {
        promise(podpool::fuzz::is_plain_line(record.owner), "an owner's name is plain");
        promise(podpool::fuzz::is_plain_line(record.target), "a target's name is plain");
        promise(record.ttl.count() >= 0, "no TTL is negative");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto message = parse_dns_message({data, size});
    if (!message) return 0;
    check_names(message->answers);
    check_names(message->additional);
    promise(!rcode_text(message->rcode).empty(), "every response code has a name");
    std::string name = "db.prod.svc.cluster.local";
    if (!message->answers.empty()) name = message->answers.front().owner;
    for (const record_type type : {record_type::a, record_type::aaaa}) {
        const address_records found = addresses_in(message->answers, name, type);
        promise(found.addresses.empty() || found.ttl.has_value(), "addresses have a TTL");
        promise(std::is_sorted(found.addresses.begin(), found.addresses.end()), "addresses are sorted");
    }
    for (const service_target& target : services_in(*message, name).targets) {
        promise(target.port != 0, "a service has a port");
        promise(!target.host.empty(), "a service has a host");
    }
    return 0;
}
