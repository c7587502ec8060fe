# SPDX-License-Identifier: BSL-1.0
# What every target of this project is compiled with; consumers of the installed libraries get none.
add_library(windtunnel_compile_options INTERFACE)
target_compile_features(windtunnel_compile_options INTERFACE cxx_std_20)
# The same bytes on every machine: no fused multiply-add that one compiler makes and another does not.
target_compile_options(windtunnel_compile_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=unused-result -ffp-contract=off)

if(CMAKE_UNITY_BUILD) # warnings of files that are alone when `dev` compiles them
    target_compile_options(windtunnel_compile_options INTERFACE
        -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()

option(WINDTUNNEL_WERROR "Warnings are errors" OFF)
if(WINDTUNNEL_WERROR)
    target_compile_options(windtunnel_compile_options INTERFACE -Werror)
endif()

if(WINDTUNNEL_SANITIZE)
    add_compile_options(-fsanitize=${WINDTUNNEL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${WINDTUNNEL_SANITIZE})
    if(WINDTUNNEL_SANITIZE MATCHES "thread")
        # ThreadSanitizer does not model atomic_thread_fence, with which Asio's reference counts end:
        # it takes their last release for a race. Boost's own counts need no fence.
        add_compile_options(-Wno-tsan)
        add_compile_definitions(BOOST_ASIO_DISABLE_STD_ATOMIC)
    endif()
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(WINDTUNNEL_CCACHE ccache)
if(WINDTUNNEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${WINDTUNNEL_CCACHE})
endif()
