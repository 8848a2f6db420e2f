# tributary_embed(OUTPUT file.cpp HEADER module/x.h NAMESPACE a::b FILES …)
#
# Makes a source file that defines `std::string_view embedded_file(std::string_view name)`: the
# files' bytes, by their names without a folder. The header that declares it is the module's own.
function(tributary_embed)
    cmake_parse_arguments(E "" "OUTPUT;HEADER;NAMESPACE" "FILES" ${ARGN})
    set(files_of_module "")
    foreach(file ${E_FILES})
        cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
        list(APPEND files_of_module ${file})
    endforeach()
    set(E_FILES ${files_of_module})
    list(JOIN E_FILES "|" files)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${E_OUTPUT})
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${E_HEADER}
            -DNAMESPACE=${E_NAMESPACE} "-DFILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake
        DEPENDS ${E_FILES} ${PROJECT_SOURCE_DIR}/cmake/write_embedded.cmake
        VERBATIM)
endfunction()
