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
    // One of our own, which nobody destroys: exit() destroys the connector's before objects with static
    // storage that are older, such as an executor. Threads and sessions of a pool on that end later.
    static sql::Driver* const instance = new sql::mysql::MySQL_Driver;
    return *instance;
}

void enter_connector_thread() { static const thread_local thread_entry entry; }

}  // namespace podpool::detail
