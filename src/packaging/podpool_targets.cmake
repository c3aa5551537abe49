# SPDX-License-Identifier: BSL-1.0
# What podpool's own CMakeLists files share. Nothing here is installed.

# podpool_warnings(<target>...): strict warnings, private to podpool's own targets.
function(podpool_warnings)
    foreach(target IN LISTS ARGN)
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
        if(PODPOOL_WERROR)
            # GCC 12 reports these inside libstdc++ and Asio for code that is right (GCC bug 105329 and kin).
            target_compile_options(${target} PRIVATE -Werror -Wno-error=stringop-overflow -Wno-error=restrict
                                                     -Wno-error=mismatched-new-delete)
        endif()
    endforeach()
endfunction()

# podpool_computes_for_long(<target>...): optimised even where the build as a whole isn't, such as CMake's plain Debug:
# else what a test has minutes for takes half an hour.
function(podpool_computes_for_long)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
    if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} " MATCHES " -O([1-9sgz]|fast)? ")
        foreach(target IN LISTS ARGN)
            target_compile_options(${target} PRIVATE -O1)
        endforeach()
    endif()
endfunction()

# podpool_use_sanitizers(<comma-separated list or "">): for the calling directory and all below it.
macro(podpool_use_sanitizers sanitizers)
    if(NOT "${sanitizers}" STREQUAL "")
        if(NOT "${sanitizers}" MATCHES "^(address|undefined|address,undefined|thread)$")
            message(FATAL_ERROR "PODPOOL_SANITIZE is '${sanitizers}'; "
                                "expected address, undefined, 'address,undefined' or thread")
        endif()
        add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
        add_link_options(-fsanitize=${sanitizers})
        # Asio's fences, a warning at each use; tests/tsan.supp has what comes of them.
        if("${sanitizers}" STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
            add_compile_options(-Wno-tsan)
        endif()
    endif()
endmacro()

# podpool_use_ccache(): compile through ccache where it is installed and nothing else was asked for. Paths below
# the source tree count as relative ones, so that another clone finds what this one has compiled.
macro(podpool_use_ccache)
    if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
        find_program(PODPOOL_CCACHE ccache)
        mark_as_advanced(PODPOOL_CCACHE)
        if(PODPOOL_CCACHE)
            set(CMAKE_CXX_COMPILER_LAUNCHER
                "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                "${PODPOOL_CCACHE}")
        endif()
    endif()
endmacro()

# podpool_add_part(<directory> [RUNTIME_DIR <dir>]): adds a directory of the project; its executables
# land in <build>/<dir>.
function(podpool_add_part directory)
    cmake_parse_arguments(arg "" "RUNTIME_DIR" "" ${ARGN})
    if(DEFINED arg_RUNTIME_DIR)
        set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/${arg_RUNTIME_DIR}")
    endif()
    add_subdirectory("${PROJECT_SOURCE_DIR}/${directory}" "${PROJECT_BINARY_DIR}/parts/${directory}")
endfunction()

# podpool_install_target(<target> COMPONENT <name> [HEADERS <dir>]): export as podpool::<name>.
function(podpool_install_target target)
    cmake_parse_arguments(arg "" "COMPONENT;HEADERS" "" ${ARGN})
    if(NOT PODPOOL_INSTALL)
        return()
    endif()
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${arg_COMPONENT})
    install(TARGETS ${target} EXPORT podpool-${arg_COMPONENT}-targets)
    install(
        EXPORT podpool-${arg_COMPONENT}-targets
        NAMESPACE podpool::
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/podpool")
    if(DEFINED arg_HEADERS)
        install(
            DIRECTORY "${PROJECT_SOURCE_DIR}/${arg_HEADERS}/"
            DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
            FILES_MATCHING
            PATTERN "*.hpp")
    endif()
endfunction()

# podpool_finish_component(<target> COMPONENT <name> [HEADERS <dir>]): alias, warnings, install rules for
# a compiled component whose directory made <target>.
function(podpool_finish_component target)
    cmake_parse_arguments(arg "" "COMPONENT;HEADERS" "" ${ARGN})
    add_library(podpool::${arg_COMPONENT} ALIAS ${target})
    podpool_warnings(${target})
    set_target_properties(
        ${target}
        PROPERTIES POSITION_INDEPENDENT_CODE ON
                   VERSION ${PROJECT_VERSION}
                   SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    podpool_install_target(${target} ${ARGN})
endfunction()
