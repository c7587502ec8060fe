# SPDX-License-Identifier: BSL-1.0
# The pattern library as an outside project meets it: installed into a scratch folder of the build
# tree, found by find_package, compiled against, linked and run.
set(scratch ${PROJECT_BINARY_DIR}/consumer)
set(prefix ${scratch}/prefix)
set(consumer ${CMAKE_CURRENT_SOURCE_DIR}/consumer)
set(configured
    -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE}
    -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
    -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER})
# A sanitized archive needs sanitized users. Otherwise the link shows that the archive's objects are
# whole without the compiler that made them.
if(WINDTUNNEL_SANITIZE)
    list(APPEND configured -DCMAKE_CXX_FLAGS=-fsanitize=${WINDTUNNEL_SANITIZE})
else()
    list(APPEND configured -DCMAKE_EXE_LINKER_FLAGS=-fno-lto)
endif()

add_test(NAME "windtunnel-consumer: the pattern library is installed"
    COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} -DPREFIX=${prefix}
            -P ${CMAKE_CURRENT_SOURCE_DIR}/consumer/install.cmake)
set_tests_properties("windtunnel-consumer: the pattern library is installed" PROPERTIES
    FIXTURES_SETUP installed_patterns)

add_test(NAME "windtunnel-consumer: a project that finds the library builds and runs"
    COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${consumer} ${scratch}/build
            --build-generator ${CMAKE_GENERATOR} --build-options ${configured}
            --test-command consumer)
set_tests_properties("windtunnel-consumer: a project that finds the library builds and runs" PROPERTIES
    FIXTURES_REQUIRED installed_patterns TIMEOUT 300)

# consumer_refusal(<name> <request> <message>): find_package(windtunnel <request>) says <message>.
function(consumer_refusal name request message)
    add_test(NAME "windtunnel-consumer: ${name}"
        COMMAND ${CMAKE_COMMAND} -DCMAKE_PREFIX_PATH=${prefix} "-DREQUEST=${request}"
                -P ${consumer}/find.cmake)
    set_tests_properties("windtunnel-consumer: ${name}" PROPERTIES
        FIXTURES_REQUIRED installed_patterns PASS_REGULAR_EXPRESSION "${message}")
endfunction()
consumer_refusal("a component that there is not is named"
    "COMPONENTS;paterns" "windtunnel has no component \"paterns\".*has:[ \n]+patterns;http")
consumer_refusal("another minor version is refused"
    "0.2;COMPONENTS;patterns" "requested[ \n]+version \"0.2\"")
