// SPDX-License-Identifier: BSL-1.0
#include "cli/load.hpp"

#include "cli/coroutine_load.hpp"
#include "cli/thread_load.hpp"

namespace podpool::cli {

std::unique_ptr<load> start_load(const options& settings, const load_request& request) {
    if (request.coroutines) return std::make_unique<coroutine_load>(settings, request);
    return std::make_unique<thread_load>(settings, request);
}

}  // namespace podpool::cli
