# SPDX-License-Identifier: BSL-1.0
# A layer is a static library named after its folder. Its headers are included from the repository's
# root ("patterns/base/time.hpp"), but through a link of its own in the build tree, so that a layer
# sees just the layers that it links.

# windtunnel_layer(<target> <folder> [SIMULATES]): makes the library `<target>` and its alias
# windtunnel::<folder>. One that simulates is optimised together with the others in the programs.
function(windtunnel_layer target folder)
    cmake_parse_arguments(arg "SIMULATES" "" "" ${ARGN})
    set(headers ${PROJECT_BINARY_DIR}/include/${target})
    file(MAKE_DIRECTORY ${headers})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${headers}/${folder} SYMBOLIC)
    add_library(${target} STATIC)
    add_library(windtunnel::${folder} ALIAS ${target})
    target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${headers}>)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:windtunnel_compile_options>)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${headers})
    if(arg_SIMULATES)
        windtunnel_whole_program_objects(${target})
    endif()
    set_target_properties(${target} PROPERTIES
        VERIFY_INTERFACE_HEADER_SETS ON WINDTUNNEL_HEADERS ${headers} EXPORT_NAME ${folder})
endfunction()

# windtunnel_sources(<target> files...): adds files of the current folder, headers to the header set.
function(windtunnel_sources target)
    get_target_property(headers ${target} WINDTUNNEL_HEADERS)
    file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    foreach(name IN LISTS ARGN)
        if(name MATCHES "\\.hpp$")
            target_sources(${target} PUBLIC FILE_SET HEADERS FILES ${headers}/${folder}/${name})
        else()
            target_sources(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${name})
            windtunnel_compile_with_its_folder(${target} ${folder}/${name})
        endif()
    endforeach()
endfunction()

# Where files are compiled several at a time, those are of one folder: what a file calls its own must
# then be told apart within a folder alone, and a new file moves no other folder's.
function(windtunnel_compile_with_its_folder target file)
    get_filename_component(folder ${file} DIRECTORY)
    string(MAKE_C_IDENTIFIER ${folder} group)
    get_property(count GLOBAL PROPERTY WINDTUNNEL_FILES_OF_${group})
    if(NOT count)
        set(count 0)
    endif()
    math(EXPR batch "${count} / 8")
    math(EXPR count "${count} + 1")
    set_property(GLOBAL PROPERTY WINDTUNNEL_FILES_OF_${group} ${count})
    set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
    set_source_files_properties(${PROJECT_SOURCE_DIR}/${file} TARGET_DIRECTORY ${target}
        PROPERTIES UNITY_GROUP ${group}_${batch})
endfunction()

# What simulates crosses layers many times a request, so the release programs are optimised as a whole
# there. Objects carry both forms, so that tests still link quickly.
function(windtunnel_whole_program_objects target)
    target_compile_options(${target} PRIVATE
        $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-flto=auto -ffat-lto-objects>)
endfunction()

# windtunnel_program(<target>): one of the programs, which end at the top of the build tree.
function(windtunnel_program target)
    windtunnel_whole_program_objects(${target})
    target_link_options(${target} PRIVATE
        $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>:-flto=auto -O3>)
    target_link_libraries(${target} PRIVATE windtunnel::pooled-new windtunnel_compile_options)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
endfunction()
