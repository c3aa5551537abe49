// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "commit_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace podpool::detail {

/// Notices that a COMMIT was answered with ROLLBACK, which is how a server commits a transaction that has
/// failed. The answers to a text come in the order of its statements, each with a command tag.
class commit_watch {
public:
    /// A text is sent that has these commits.
    void begin(commits_in_text commits) {
        commits_ = std::move(commits);
        answers_ = 0;
        rolled_back_ = false;
    }
    /// Whether the text has any; without one there is nothing to notice.
    [[nodiscard]] bool any() const noexcept { return !commits_.places.empty(); }
    /// A statement was answered. `tag`: empty for rows that a rule added to those of a statement.
    void answered(std::string_view tag) {
        if (tag.empty()) return;
        rolled_back_ = rolled_back_ || (tag == "ROLLBACK" && is_commit(answers_));
        ++answers_;
    }
    /// Whether a COMMIT was answered so. `whole`: nothing failed, so that as many answers as statements must
    /// have come; else the text wasn't understood, and nothing is claimed.
    [[nodiscard]] bool rolled_back(bool whole) const {
        return rolled_back_ && (!whole || answers_ == commits_.statements);
    }
    /// Whether statements were left without an answer.
    [[nodiscard]] bool statements_left() const { return answers_ < commits_.statements; }

private:
    [[nodiscard]] bool is_commit(std::size_t place) const {
        return std::binary_search(commits_.places.begin(), commits_.places.end(), place);
    }

    commits_in_text commits_;
    std::size_t answers_ = 0;
    bool rolled_back_ = false;
};

}  // namespace podpool::detail
