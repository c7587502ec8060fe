# SPDX-License-Identifier: BSL-1.0
# cmake -DBUILD=... -DPREFIX=... -P install.cmake: installs afresh, and looks at what is there: plain
# files only, and no header that includes what was not installed.
file(REMOVE_RECURSE ${PREFIX})
foreach(component patterns http)
    execute_process(
        COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component ${component} --prefix ${PREFIX}
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()

set(include ${PREFIX}/include/windtunnel)
file(GLOB_RECURSE headers LIST_DIRECTORIES false ${include}/*)
if(NOT EXISTS ${include}/patterns/base/time.hpp)
    message(FATAL_ERROR "patterns/base/time.hpp is not below ${include}")
endif()
foreach(header IN LISTS headers)
    if(IS_SYMLINK ${header} OR NOT header MATCHES "\\.hpp$")
        message(FATAL_ERROR "${header} is no plain header")
    endif()
    file(STRINGS ${header} lines REGEX "^#include \"")
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" name "${line}")
        if(NOT EXISTS ${include}/${name})
            message(FATAL_ERROR "${header} includes ${name}, which is not installed")
        endif()
    endforeach()
endforeach()
