# SPDX-License-Identifier: BSL-1.0
# Run by cpack before it packs: archives keep what any compiler can link, and lose what only the one
# that made them understands (the objects of whole-program optimisation) and what debuggers want. As
# dh_strip does it.
find_program(strip NAMES strip REQUIRED)
file(GLOB_RECURSE archives ${CPACK_TEMPORARY_DIRECTORY}/*.a)
foreach(archive IN LISTS archives)
    execute_process(
        COMMAND ${strip} --strip-debug --enable-deterministic-archives --remove-section=.comment
                -R .gnu.lto_* -R .gnu.debuglto_* -N __gnu_lto_slim -N __gnu_lto_v1 ${archive}
        COMMAND_ERROR_IS_FATAL ANY)
endforeach()
