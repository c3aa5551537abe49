// SPDX-License-Identifier: BSL-1.0
#pragma once

// The headers of mysql-connector-c++, of either generation.
#if __has_include(<mysql/jdbc.h>)
#define PODPOOL_ORACLE_CONNECTOR
#include <mysql/jdbc.h>
#else
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/metadata.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_connection.h>
#include <mysql_driver.h>
#endif
