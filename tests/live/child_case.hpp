// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "program.hpp"

#include <string>
#include <vector>

namespace podpool::test {

/// The command that runs one hidden test case of this program as a process of its own, a child, with a
/// connection string. Parent and child talk by files in the child's TMPDIR.
std::vector<std::string> child_with(const std::string& test_case, const std::string& url);

/// In the child: the connection string. Throws std::runtime_error without one.
std::string given_url();

/// In the child: puts a whole text into a file of this name at once, for told().
void tell(const std::string& name, const std::string& text);

/// In the child: a file by which the parent talks, as ask() writes it.
std::string message_file(const std::string& name);

/// In the parent: what the child has told last; empty: nothing yet.
std::string told(const program& child, const std::string& name);

/// In the parent: writes a file that the child finds as message_file(name).
void ask(const program& child, const std::string& name);

}  // namespace podpool::test
