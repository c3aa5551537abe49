# SPDX-License-Identifier: BSL-1.0
# FindMySQLConnectorCpp: mysql-connector-c++ with its JDBC-style interface, of either generation.
#
# - Oracle's package 8.2 or newer, by its own CMake configuration (mysql-concpp).
# - Oracle's 8 or 9 without it: <mysql/jdbc.h>, in a directory of its own.
# - 1.1, as Debian has it: <mysql_driver.h> and <cppconn/driver.h>, which need Boost's headers. On Debian 12
#   its headers can't be installed beside Boost 1.81; where ./dev puts them is looked at too.
#
# MySQLConnectorCpp_ROOT names a prefix to look in first. Sets MySQLConnectorCpp_FOUND,
# MySQLConnectorCpp_VERSION where known, and makes the target MySQL::ConnectorCpp.
include(FindPackageHandleStandardArgs)

if(NOT TARGET MySQL::ConnectorCpp)
    find_package(mysql-concpp CONFIG QUIET)
endif()

if(TARGET mysql::concpp-jdbc)
    set(MySQLConnectorCpp_VERSION "${mysql-concpp_VERSION}")
    find_package_handle_standard_args(
        MySQLConnectorCpp
        REQUIRED_VARS MySQLConnectorCpp_VERSION
        VERSION_VAR MySQLConnectorCpp_VERSION)
    if(NOT TARGET MySQL::ConnectorCpp)
        add_library(MySQL::ConnectorCpp INTERFACE IMPORTED)
        set_target_properties(MySQL::ConnectorCpp PROPERTIES INTERFACE_LINK_LIBRARIES mysql::concpp-jdbc)
    endif()
    return()
endif()

find_path(
    MySQLConnectorCpp_INCLUDE_DIR
    NAMES mysql/jdbc.h mysql_driver.h
    PATHS /usr/local/share/podpool/mysql-connector
    PATH_SUFFIXES include include/mysql-cppconn include/mysql-cppconn-8 mysql-cppconn mysql-cppconn-8)
# The last name is for Debian's library without its development package.
find_library(MySQLConnectorCpp_LIBRARY NAMES mysqlcppconn libmysqlcppconn.so.7)
mark_as_advanced(MySQLConnectorCpp_INCLUDE_DIR MySQLConnectorCpp_LIBRARY)

set(MySQLConnectorCpp_VERSION "")
foreach(header jdbc/cppconn/version_info.h cppconn/version_info.h)
    if(EXISTS "${MySQLConnectorCpp_INCLUDE_DIR}/${header}")
        file(STRINGS "${MySQLConnectorCpp_INCLUDE_DIR}/${header}" MySQLConnectorCpp_parts
             REGEX "^#define +MYCPPCONN_DM_(MAJOR|MINOR|PATCH)_VERSION +[0-9]+")
        list(TRANSFORM MySQLConnectorCpp_parts REPLACE "^.* 0*([0-9]+)$" "\\1")
        list(JOIN MySQLConnectorCpp_parts "." MySQLConnectorCpp_VERSION)
        unset(MySQLConnectorCpp_parts)
        break()
    endif()
endforeach()

find_package_handle_standard_args(
    MySQLConnectorCpp
    REQUIRED_VARS MySQLConnectorCpp_LIBRARY MySQLConnectorCpp_INCLUDE_DIR
    VERSION_VAR MySQLConnectorCpp_VERSION)

if(MySQLConnectorCpp_FOUND AND NOT TARGET MySQL::ConnectorCpp)
    add_library(MySQL::ConnectorCpp UNKNOWN IMPORTED)
    set_target_properties(
        MySQL::ConnectorCpp
        PROPERTIES IMPORTED_LOCATION "${MySQLConnectorCpp_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES "${MySQLConnectorCpp_INCLUDE_DIR}")
    if(NOT EXISTS "${MySQLConnectorCpp_INCLUDE_DIR}/mysql/jdbc.h")
        # The headers of 1.1 include Boost's smart pointers.
        find_package(Boost 1.81 QUIET)
        if(TARGET Boost::headers)
            set_target_properties(MySQL::ConnectorCpp PROPERTIES INTERFACE_LINK_LIBRARIES Boost::headers)
        endif()
    endif()
endif()
