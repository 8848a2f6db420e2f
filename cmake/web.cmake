# tributary_web(VARIABLE SOURCE folder FILES name…)
#
# Builds the front end in that folder with npm and Vite, and sets VARIABLE to the built FILES with
# their paths. Without Node VARIABLE is empty and a message says what is left out. What was built once
# from the same inputs is taken from the user's cache: other presets and clones cost nothing.
set(TRIBUTARY_WEB ON CACHE BOOL "Build the console's page (needs Node 18 and npm)")

function(tributary_web variable)
    cmake_parse_arguments(W "" "SOURCE" "FILES" ${ARGN})
    set(${variable} "" PARENT_SCOPE)
    find_program(NODE node)
    find_program(NPM npm)
    if(NODE AND NPM)
        execute_process(COMMAND ${NODE} -p "process.versions.node.split('.')[0]"
            OUTPUT_VARIABLE major OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    endif()
    if(NOT TRIBUTARY_WEB OR NOT NODE OR NOT NPM OR major LESS 18)
        message(STATUS "The web console is left out: its page needs Node 18 or newer and npm. "
            "Everything else is built; / answers a plain page.")
        return()
    endif()

    set(source ${CMAKE_CURRENT_SOURCE_DIR}/${W_SOURCE})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${W_SOURCE})
    file(GLOB_RECURSE inputs CONFIGURE_DEPENDS ${source}/*)
    list(FILTER inputs EXCLUDE REGEX "/node_modules/|/dist/")
    list(TRANSFORM W_FILES PREPEND ${output}/dist/)
    list(JOIN inputs "|" joined)
    add_custom_command(OUTPUT ${W_FILES}
        COMMAND ${CMAKE_COMMAND} -DSOURCE=${source} -DOUTPUT=${output} "-DINPUTS=${joined}"
            -DNPM=${NPM} -P ${PROJECT_SOURCE_DIR}/cmake/build_web.cmake
        DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/cmake/build_web.cmake
        COMMENT "Building the web console"
        VERBATIM)
    set(${variable} ${W_FILES} PARENT_SCOPE)
endfunction()
