# SPDX-License-Identifier: BSL-1.0
# The program and what it comes with: `cmake --install build/release --component cli`. The catalogue is
# where the program looks for it, share/windtunnel beside its bin (cli/files.hpp), in the folders that
# the files name each other by.
include(GNUInstallDirs)

install(TARGETS windtunnel COMPONENT cli)
foreach(kind scenarios topologies)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${kind}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/windtunnel/${kind}
        COMPONENT cli FILES_MATCHING PATTERN "*.json" PATTERN src EXCLUDE)
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT cli)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT cli)

# The program writes its completion itself.
set(completion ${PROJECT_BINARY_DIR}/completion/windtunnel)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/completion)
install(CODE "execute_process(COMMAND $<TARGET_FILE:windtunnel> completion bash
    OUTPUT_FILE ${completion} COMMAND_ERROR_IS_FATAL ANY)" COMPONENT cli)
install(FILES ${completion} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT cli)
