# SPDX-License-Identifier: BSL-1.0
# The library by itself: `cmake --install build/release --component patterns` puts headers, archive
# and the package that find_package(windtunnel COMPONENTS patterns) finds under the prefix. The
# component `http`, installed beside it, adds the live transport and the server;
# `jwt` adds signed tokens, for which the user needs OpenSSL; `sqlite` adds the durable storage of
# patterns/consistency, for which the user needs SQLite.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/windtunnel)

# What an archive was compiled with holds for whoever links it, whatever their configuration: memory
# that Asio takes in one must be given back by the same means in the other.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(windtunnel_patterns INTERFACE
        $<INSTALL_INTERFACE:BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC>)
endif()

install(TARGETS windtunnel_patterns EXPORT windtunnel-patterns COMPONENT patterns
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/windtunnel)
install(EXPORT windtunnel-patterns NAMESPACE windtunnel:: DESTINATION ${package} COMPONENT patterns)

install(TARGETS windtunnel_http EXPORT windtunnel-http COMPONENT http
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/windtunnel)
install(EXPORT windtunnel-http NAMESPACE windtunnel:: DESTINATION ${package} COMPONENT http)

install(TARGETS windtunnel_jwt EXPORT windtunnel-jwt COMPONENT jwt
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/windtunnel)
install(EXPORT windtunnel-jwt NAMESPACE windtunnel:: DESTINATION ${package} COMPONENT jwt)

install(TARGETS windtunnel_sqlite EXPORT windtunnel-sqlite COMPONENT sqlite
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/windtunnel)
install(EXPORT windtunnel-sqlite NAMESPACE windtunnel:: DESTINATION ${package} COMPONENT sqlite)

configure_package_config_file(
    ${PROJECT_SOURCE_DIR}/cmake/windtunnel-config.cmake.in ${PROJECT_BINARY_DIR}/windtunnel-config.cmake
    INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/windtunnel-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/windtunnel-config.cmake
              ${PROJECT_BINARY_DIR}/windtunnel-config-version.cmake
    DESTINATION ${package} COMPONENT patterns)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT patterns)
