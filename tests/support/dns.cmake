# SPDX-License-Identifier: BSL-1.0
# DNS servers for tests and the demo: a scripted one inside the process, and a real one beside it.
if(NOT TARGET podpool_test_support_dns)
    add_library(
        podpool_test_support_dns STATIC
        "${CMAKE_CURRENT_LIST_DIR}/child_process.cpp" "${CMAKE_CURRENT_LIST_DIR}/dns_responder.cpp"
        "${CMAKE_CURRENT_LIST_DIR}/real_dns_server.cpp")
    podpool_warnings(podpool_test_support_dns)
    target_include_directories(podpool_test_support_dns PUBLIC "${CMAKE_CURRENT_LIST_DIR}/..")
    target_link_libraries(podpool_test_support_dns PUBLIC podpool::podpool)
endif()
