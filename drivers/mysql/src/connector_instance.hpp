// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace sql {
class Driver;  // NOLINT(readability-identifier-naming): the connector's own
}

namespace podpool::detail {

/// The one driver object of the connector that podpool uses; lives as long as the process. Thread safety: any
/// thread.
sql::Driver& connector_instance();

/// Tells the connector of the calling thread, once; it hears of the thread's end too.
void enter_connector_thread();

}  // namespace podpool::detail
