# SPDX-License-Identifier: BSL-1.0
# cmake -DBUILD=... -DPREFIX=... -P install.cmake: installs the component `cli` afresh, and looks at
# what is there.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --component cli --prefix ${PREFIX}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
foreach(file
        bin/windtunnel
        share/bash-completion/completions/windtunnel
        share/doc/windtunnel/README.md
        share/doc/windtunnel/copyright
        share/doc/windtunnel/docs/ci/github-actions.yml
        share/windtunnel/scenarios/schema/result.schema.json
        share/windtunnel/scenarios/schema/scenario.schema.json
        share/windtunnel/scenarios/schema/sweep.schema.json
        share/windtunnel/topologies/schema/topology.schema.json)
    if(NOT EXISTS ${PREFIX}/${file})
        message(FATAL_ERROR "${file} is not installed")
    endif()
endforeach()
file(GLOB_RECURSE all LIST_DIRECTORIES true ${PREFIX}/share/windtunnel/*)
foreach(each IN LISTS all)
    if(each MATCHES "/src(/|$)" OR (NOT IS_DIRECTORY ${each} AND NOT each MATCHES "\\.json$"))
        message(FATAL_ERROR "${each} does not belong there")
    endif()
endforeach()
