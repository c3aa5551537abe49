// SPDX-License-Identifier: BSL-1.0
#include "connector_instance.hpp"

#include "connector.hpp"

namespace podpool::detail {

namespace {

class thread_entry {
public:
    thread_entry() { connector_instance().threadInit(); }
    thread_entry(const thread_entry&) = delete;
    thread_entry& operator=(const thread_entry&) = delete;
    ~thread_entry() { connector_instance().threadEnd(); }
};

}  // namespace

sql::Driver& connector_instance() {
    static sql::Driver* const instance = sql::mysql::get_driver_instance();
    return *instance;
}

void enter_connector_thread() { static const thread_local thread_entry entry; }

}  // namespace podpool::detail
