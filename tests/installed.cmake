# SPDX-License-Identifier: BSL-1.0
# The program as it is installed: into a scratch folder of the build tree, away from the source tree's
# catalogue, where it must find its own.
set(installed ${PROJECT_BINARY_DIR}/installed)
add_test(NAME "windtunnel-installed: the program, its catalogue and its completion are installed"
    COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DPREFIX=${installed}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/installed/install.cmake)
set_tests_properties("windtunnel-installed: the program, its catalogue and its completion are installed"
    PROPERTIES FIXTURES_SETUP installed_program)

# installed_run(<name> <regex> words...): what the installed program prints.
function(installed_run name regex)
    add_test(NAME "windtunnel-installed: ${name}" COMMAND ${installed}/bin/windtunnel ${ARGN}
        WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
    set_tests_properties("windtunnel-installed: ${name}" PROPERTIES
        FIXTURES_REQUIRED installed_program PASS_REGULAR_EXPRESSION "${regex}")
endfunction()
installed_run("it lists its own scenarios"
    "installed/share/windtunnel/scenarios/retry-storm.json" list scenarios)
installed_run("it lists its own topologies"
    "installed/share/windtunnel/topologies/bookinfo.json" list topologies)
installed_run("it runs a scenario that came with it" "passed: 11 of 11 expectations held"
    run ${installed}/share/windtunnel/scenarios/bookinfo-ratings-delay.json)
