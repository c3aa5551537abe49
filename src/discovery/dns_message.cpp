// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_message.hpp"

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace podpool::detail {
namespace {

constexpr std::size_t max_name_length = 255;
constexpr int max_aliases = 16;

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower_case);
    return result;
}

/// Reads a packet from front to back; the first read beyond its end fails it for good.
class packet_reader {
public:
    explicit packet_reader(std::span<const std::uint8_t> packet) : packet_(packet) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] std::size_t position() const { return at_; }

    void fail() { good_ = false; }

    void skip(std::size_t count) { take(count); }

    std::uint16_t number16() {
        const auto bytes = take(2);
        return bytes.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
    }

    std::uint32_t number32() {
        const std::uint32_t high = number16();
        return high << 16 | number16();
    }

    std::span<const std::uint8_t> take(std::size_t count) {
        if (!good_ || packet_.size() - at_ < count) {
            good_ = false;
            return {};
        }
        const auto bytes = packet_.subspan(at_, count);
        at_ += count;
        return bytes;
    }

    /// A name, compressed or not. Every pointer must lead to before the name's last jump, so that no
    /// loop is possible.
    std::string name() {
        std::string text;
        packet_reader from = *this;
        std::size_t limit = at_;
        bool jumped = false;
        while (from.good_ && text.size() <= max_name_length * 4) {
            const auto head = from.take(1);
            if (head.empty()) break;
            const std::size_t length = head[0];
            if (length == 0) {
                if (!jumped) at_ = from.at_;
                return text;
            }
            if (length >= 0xc0) {
                const auto low = from.take(1);
                if (low.empty()) break;
                if (!jumped) at_ = from.at_;
                jumped = true;
                const std::size_t to = (length & 0x3f) << 8 | low[0];
                if (to >= limit) break;
                limit = to;
                from.at_ = to;
            } else if (length >= 0x40) {
                break;
            } else {
                append_label(text, from.take(length));
            }
        }
        good_ = false;
        return {};
    }

private:
    static void append_label(std::string& text, std::span<const std::uint8_t> label) {
        if (!text.empty()) text += '.';
        for (const std::uint8_t byte : label) {
            const char c = lower_case(static_cast<char>(byte));
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
                text += c;
            } else {
                const std::string digits = std::to_string(byte);
                text += '\\' + std::string(3 - digits.size(), '0') + digits;
            }
        }
    }

    std::span<const std::uint8_t> packet_;
    std::size_t at_ = 0;
    bool good_ = true;
};

template <class Bytes>
boost::asio::ip::address to_address(std::span<const std::uint8_t> data) {
    typename Bytes::bytes_type bytes{};
    std::copy_n(data.begin(), std::min(data.size(), bytes.size()), bytes.begin());
    return boost::asio::ip::address(Bytes(bytes));
}

/// Reads one record's data; false for a type that isn't read.
bool read_data(packet_reader& in, std::uint16_t type, std::size_t length, dns_record& record) {
    const std::size_t end = in.position() + length;
    switch (type) {
        case static_cast<std::uint16_t>(record_type::a):
            record.address = to_address<boost::asio::ip::address_v4>(in.take(4));
            break;
        case static_cast<std::uint16_t>(record_type::aaaa):
            record.address = to_address<boost::asio::ip::address_v6>(in.take(16));
            break;
        case static_cast<std::uint16_t>(record_type::cname):
            record.target = in.name();
            break;
        case static_cast<std::uint16_t>(record_type::srv):
            record.priority = in.number16();
            record.weight = in.number16();
            record.port = in.number16();
            record.target = in.name();
            break;
        default:
            in.skip(length);
            return false;
    }
    record.type = static_cast<record_type>(type);
    // Data longer or shorter than its type has is not a record to believe.
    if (in.position() != end) in.fail();
    return true;
}

void read_record(packet_reader& in, std::vector<dns_record>* records) {
    constexpr std::uint16_t internet = 1;
    dns_record record;
    record.owner = in.name();
    const std::uint16_t type = in.number16();
    const std::uint16_t record_class = in.number16();
    const std::uint32_t ttl = in.number32();
    const std::size_t length = in.number16();
    // RFC 2181: a TTL with the highest bit set is zero.
    record.ttl = std::chrono::seconds(ttl > 0x7fffffffU ? 0 : ttl);
    if (records == nullptr || record_class != internet) {
        in.skip(length);
    } else if (read_data(in, type, length, record) && in.good()) {
        records->push_back(std::move(record));
    }
}

void lower_ttl(std::optional<std::chrono::seconds>& ttl, std::chrono::seconds other) {
    ttl = ttl ? std::min(*ttl, other) : other;
}

/// Where the CNAME records lead from `name`; their TTLs lower `ttl`.
std::string follow_aliases(const std::vector<dns_record>& records, std::string_view name,
                           std::optional<std::chrono::seconds>& ttl) {
    std::string owner = lower(name);
    for (int hop = 0; hop < max_aliases; ++hop) {
        const auto alias = std::find_if(records.begin(), records.end(), [&](const dns_record& record) {
            return record.type == record_type::cname && record.owner == owner;
        });
        if (alias == records.end()) break;
        lower_ttl(ttl, alias->ttl);
        owner = alias->target;
    }
    return owner;
}

}  // namespace

std::string_view to_text(record_type type) {
    switch (type) {
        case record_type::a:
            return "A";
        case record_type::cname:
            return "CNAME";
        case record_type::aaaa:
            return "AAAA";
        case record_type::srv:
            return "SRV";
    }
    return "unknown";
}

std::string rcode_text(int rcode) {
    constexpr std::array<std::string_view, 6> names = {"NOERROR",  "FORMERR", "SERVFAIL",
                                                       "NXDOMAIN", "NOTIMP",  "REFUSED"};
    if (rcode >= 0 && static_cast<std::size_t>(rcode) < names.size()) {
        return std::string(names[static_cast<std::size_t>(rcode)]);
    }
    return "response code " + std::to_string(rcode);
}

std::optional<dns_message> parse_dns_message(std::span<const std::uint8_t> packet) {
    dns_message message;
    packet_reader in(packet);
    in.skip(2);
    const std::uint16_t flags = in.number16();
    const std::uint16_t questions = in.number16();
    const std::uint16_t answers = in.number16();
    const std::uint16_t authorities = in.number16();
    const std::uint16_t additional = in.number16();
    message.rcode = flags & 0x000f;
    message.truncated = (flags & 0x0200) != 0;
    for (int i = 0; i < questions && in.good(); ++i) {
        in.name();
        in.skip(4);
    }
    for (int i = 0; i < answers && in.good(); ++i) read_record(in, &message.answers);
    for (int i = 0; i < authorities && in.good(); ++i) read_record(in, nullptr);
    for (int i = 0; i < additional && in.good(); ++i) read_record(in, &message.additional);
    const bool response = (flags & 0x8000) != 0;
    if (!in.good() || !response) return std::nullopt;
    return message;
}

address_records addresses_in(const std::vector<dns_record>& records, std::string_view name,
                             record_type type) {
    address_records result;
    const std::string owner = follow_aliases(records, name, result.ttl);
    for (const auto& record : records) {
        if (record.type != type || record.owner != owner) continue;
        lower_ttl(result.ttl, record.ttl);
        result.addresses.push_back(record.address);
    }
    std::sort(result.addresses.begin(), result.addresses.end());
    result.addresses.erase(std::unique(result.addresses.begin(), result.addresses.end()),
                           result.addresses.end());
    if (result.addresses.empty()) result.ttl.reset();
    return result;
}

service_records services_in(const dns_message& message, std::string_view name) {
    service_records result;
    std::optional<std::chrono::seconds> alias_ttl;
    const std::string owner = follow_aliases(message.answers, name, alias_ttl);
    std::uint16_t best = std::numeric_limits<std::uint16_t>::max();
    for (const auto& record : message.answers) {
        // An empty target says that the service is decidedly not there (RFC 2782).
        const bool usable = record.type == record_type::srv && record.owner == owner &&
                            !record.target.empty() && record.port != 0;
        if (!usable || record.priority > best) continue;
        if (record.priority < best) result.targets.clear();
        best = record.priority;
        if (result.targets.empty()) result.ttl = alias_ttl;
        lower_ttl(result.ttl, record.ttl);
        result.targets.push_back({record.target, record.port, record.weight});
    }
    return result;
}

}  // namespace podpool::detail
