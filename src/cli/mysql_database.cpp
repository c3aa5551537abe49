// SPDX-License-Identifier: BSL-1.0
#include "cli/driver_database.hpp"

#include <podpool/mysql.hpp>

namespace podpool::cli {

template <>
class interrupter<mysql> {
public:
    interrupter(const mysql& driver, mysql_connection& querying) : driver_(&driver), querying_(&querying) {}

    void operator()() const { driver_->cancel(*querying_); }

private:
    const mysql* driver_;
    mysql_connection* querying_;
};

std::unique_ptr<database> make_mysql(const options& settings) {
    return std::make_unique<driver_database<mysql>>(settings);
}

}  // namespace podpool::cli
