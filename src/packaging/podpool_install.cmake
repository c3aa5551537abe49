# SPDX-License-Identifier: BSL-1.0
# The installed package: find_package(podpool CONFIG [COMPONENTS dns kubernetes postgres mysql]).
include(CMakePackageConfigHelpers)

if(TARGET podpool_kubernetes)
    set(podpool_dns_needs_kubernetes TRUE)
else()
    set(podpool_dns_needs_kubernetes FALSE)
endif()
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/podpool")
configure_package_config_file(
    "${CMAKE_CURRENT_LIST_DIR}/podpool-config.cmake.in" "${PROJECT_BINARY_DIR}/podpool-config.cmake"
    INSTALL_DESTINATION "${package_dir}"
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
    "${PROJECT_BINARY_DIR}/podpool-config-version.cmake"
    COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/podpool-config.cmake" "${PROJECT_BINARY_DIR}/podpool-config-version.cmake"
        DESTINATION "${package_dir}")
if(TARGET podpool_mysql)
    install(FILES "${CMAKE_CURRENT_LIST_DIR}/FindMySQLConnectorCpp.cmake" DESTINATION "${package_dir}")
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
