# SPDX-License-Identifier: BSL-1.0
# SimGrid as the target windtunnel::simgrid. Debian 12's libsimgrid-dev pins Boost 1.74, which
# conflicts with the Boost 1.81 needed here, so tools/setup unpacks its headers into build/simgrid
# beside the installed run-time library; where the development package is installed, that is used.
find_path(SIMGRID_INCLUDE_DIR simgrid/s4u.hpp
          HINTS ${PROJECT_SOURCE_DIR}/build/simgrid/usr/include)
find_library(SIMGRID_LIBRARY NAMES simgrid libsimgrid.so.3.32
             HINTS ${PROJECT_SOURCE_DIR}/build/simgrid/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(windtunnel_simgrid
    REQUIRED_VARS SIMGRID_INCLUDE_DIR SIMGRID_LIBRARY
    REASON_FAILURE_MESSAGE "run tools/setup, which unpacks SimGrid's headers")

if(windtunnel_simgrid_FOUND AND NOT TARGET windtunnel::simgrid)
    add_library(windtunnel::simgrid UNKNOWN IMPORTED)
    set_target_properties(windtunnel::simgrid PROPERTIES
        IMPORTED_LOCATION ${SIMGRID_LIBRARY}
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${SIMGRID_INCLUDE_DIR}
        INTERFACE_INCLUDE_DIRECTORIES ${SIMGRID_INCLUDE_DIR})
endif()
