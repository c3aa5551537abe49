// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/option_message.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The value of `pool_verify_cluster` that takes the first server's identity for that of all.
inline constexpr std::string_view learn_cluster = "learn";

/// The identities of a list with commas between them; an empty one stays one.
inline std::vector<std::string_view> identities_in(std::string_view list) {
    std::vector<std::string_view> found;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        found.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return found;
}

/// Which servers belong to a pool's cluster: those with a listed identity or, when it is to be learnt, with
/// that of the first server that told its own. Thread safe.
class cluster_identity {
public:
    /// Takes options::verify_cluster: empty, `learn` or identities with commas between them.
    explicit cluster_identity(std::string_view option)
        : learns_(option == learn_cluster), wanted_(!option.empty()) {
        if (learns_ || option.empty()) return;
        for (const std::string_view one : identities_in(option)) known_.emplace_back(one);
    }

    /// Whether servers are to be asked for their identity.
    [[nodiscard]] bool wanted() const noexcept { return wanted_; }

    /// Why the server at `where` isn't one of the cluster; empty if it is. `what` names what was read, such
    /// as `system_identifier`.
    std::string mismatch(std::string_view identity, std::string_view what, const std::string& where) {
        const std::lock_guard held(mutex_);
        if (learns_ && known_.empty()) {
            known_.emplace_back(identity);
            teacher_ = where;
        }
        if (std::find(known_.begin(), known_.end(), identity) != known_.end()) return {};
        std::string text = "another cluster's server: its ";
        text.append(what).append(" is ").append(shown_value(identity)).append("; ");
        if (learns_) return text.append("that of ").append(teacher_).append(" is ").append(known_.front());
        text.append("pool_verify_cluster has ").append(known_.front());
        const std::size_t others = known_.size() - 1;
        return others == 0 ? text : text.append(" and ").append(std::to_string(others)).append(" more");
    }

private:
    bool learns_;
    bool wanted_;
    std::mutex mutex_;
    std::vector<std::string> known_;  // guarded by mutex_
    std::string teacher_;             // guarded by mutex_
};

}  // namespace podpool::detail
