// SPDX-License-Identifier: BSL-1.0
#include "cli/database.hpp"

#include <podpool/error.hpp>

namespace podpool::cli {

std::unique_ptr<database> make_mysql(const options&) {
    throw error(errc::invalid_options,
                "mysql://: this build has no MySQL driver; configure it with -DPODPOOL_MYSQL=ON");
}

}  // namespace podpool::cli
