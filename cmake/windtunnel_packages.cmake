# SPDX-License-Identifier: BSL-1.0
# The Debian packages that `tools/package` makes with cpack: windtunnel (the program, its catalogue,
# schemas, docs and completion), windtunnel-gui, and libwindtunnel-dev (headers, archives, and what
# find_package finds). What a program needs at run time is found by dpkg-shlibdeps.
include(GNUInstallDirs)

set(CPACK_PACKAGE_CONTACT "The Windtunnel authors" CACHE STRING "Maintainer of the packages: Name <address>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/strip_archives.cmake)

set(CPACK_COMPONENTS_ALL cli patterns http)
if(WINDTUNNEL_GUI)
    list(APPEND CPACK_COMPONENTS_ALL gui)
endif()
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(same_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

# windtunnel_package(<group> <name> <section> <description>): its files are those of the components
# of the group. The licence goes where Debian looks for it.
function(windtunnel_package group name section description)
    string(TOUPPER ${group} key)
    set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_DESCRIPTION "${description}" PARENT_SCOPE)
    set(component ${group})
    if(group STREQUAL dev)
        set(component patterns)
    endif()
    install(FILES ${copyright} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endfunction()

# Machine-readable, as Debian has it: the text of the licence indented, its empty lines dots.
file(READ ${PROJECT_SOURCE_DIR}/LICENSE text)
string(REGEX REPLACE "\n$" "" text "${text}")
string(REGEX REPLACE "\n\n" "\n.\n" text "${text}")
string(REPLACE "\n" "\n " licence "${text}")
set(copyright ${PROJECT_BINARY_DIR}/copyright)
file(WRITE ${copyright} "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: windtunnel

Files: *
Copyright: the authors of Windtunnel
License: BSL-1.0
 ${licence}
")

windtunnel_package(cli windtunnel devel
"Wind tunnel for microservice architectures
Describe services and their calls in JSON, pick a storm (a slow service, a
crashed zone, a retry storm), and see latency, cascade, recovery, and a
verdict that a CI job can act on. What decides (circuit breakers, bulkheads,
retries, timeouts, load balancers) is production code; the network, workers
and crashes are simulated, and the same seed gives the same result.")
set(CPACK_DEBIAN_CLI_PACKAGE_SUGGESTS windtunnel-gui)

windtunnel_package(gui windtunnel-gui devel
"Window for windtunnel
Shows a run of a microservice architecture while it happens: who calls whom,
queues, latency over time, and what circuit breakers and retries do.")
set(CPACK_DEBIAN_GUI_PACKAGE_DEPENDS "windtunnel ${same_version}")
set(CPACK_DEBIAN_GUI_PACKAGE_RECOMMENDS "fonts-dejavu-core, libgl1")

windtunnel_package(dev libwindtunnel-dev libdevel
"Resilience patterns for Boost.Asio, as a C++20 library
Circuit breaker, retry with budget, bulkhead, timeout, hedging, rate and
concurrency limits, load balancing, outlier detection and health checks, with
a transport over HTTP. These are the policies that windtunnel simulates with.
CMake: find_package(windtunnel COMPONENTS patterns).")
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libboost1.81-dev | libboost-dev (>= 1.81)")
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS cmake)

include(CPack)
cpack_add_component_group(cli)
cpack_add_component_group(gui)
cpack_add_component_group(dev)
cpack_add_component(cli GROUP cli)
cpack_add_component(gui GROUP gui)
cpack_add_component(patterns GROUP dev)
cpack_add_component(http GROUP dev)
