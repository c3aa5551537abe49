// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace podpool::test {

/// What keeps a text from being well-formed XML, as far as documents without comments, CDATA and DTDs go;
/// empty if nothing does.
std::string xml_problem(std::string_view document);

}  // namespace podpool::test
