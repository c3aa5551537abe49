// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace sql {
class Driver;  // NOLINT(readability-identifier-naming): the connector's own
}

namespace podpool::detail {

/// The connector's one driver object. Made once: the connector itself makes several when asked by several
/// threads at first.
sql::Driver& connector_instance();

/// Tells the connector of the calling thread, once; it hears of the thread's end too.
void enter_connector_thread();

}  // namespace podpool::detail
