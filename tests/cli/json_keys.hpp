// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>

namespace podpool::test {

/// Adds the path of every value in a JSON document, such as `.endpoints[].port`.
inline void add_key_paths(const boost::json::value& value, const std::string& path,
                          std::set<std::string>& paths) {
    if (const auto* const object = value.if_object()) {
        for (const auto& member : *object) {
            add_key_paths(member.value(), path + "." + std::string(member.key()), paths);
        }
    } else if (const auto* const array = value.if_array()) {
        for (const auto& element : *array) add_key_paths(element, path + "[]", paths);
    } else {
        paths.insert(path);
    }
}

/// The paths of a JSON document, each behind the name of the verb that printed it.
inline std::set<std::string> key_paths(const std::string& verb, const boost::json::value& value) {
    std::set<std::string> paths;
    add_key_paths(value, verb, paths);
    return paths;
}

}  // namespace podpool::test
