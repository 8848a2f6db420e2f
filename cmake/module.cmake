# tributary_module(name SOURCES … [TESTS …] [BENCHES …] [DEPENDS module …] [FOREIGN library …]
#                  [TEST_DEPENDS module …] [TEST_FOREIGN library …] [TEST_LABEL unit|integration])
#
# One call declares a module: the library tributary_<name>, its tests as <name>_test, its benches as
# <name>_bench, and what it may depend on. DEPENDS is the only place where arrows between modules
# are allowed; tests/layers/check_layers.py compares them with the #includes.
include(GoogleTest)

function(tributary_module name)
    cmake_parse_arguments(M "" "TEST_LABEL"
        "SOURCES;TESTS;BENCHES;DEPENDS;FOREIGN;TEST_DEPENDS;TEST_FOREIGN" ${ARGN})

    set(library tributary_${name})
    if(M_SOURCES)
        add_library(${library} STATIC ${M_SOURCES})
        set(visibility PUBLIC)
        target_link_libraries(${library} PRIVATE tributary_compiler ${M_FOREIGN})
    else()
        add_library(${library} INTERFACE)
        set(visibility INTERFACE)
    endif()
    target_include_directories(${library} ${visibility} ${PROJECT_SOURCE_DIR}/src)
    foreach(dependency ${M_DEPENDS})
        target_link_libraries(${library} ${visibility} tributary_${dependency})
    endforeach()

    if(M_TESTS)
        tributary_test_binary(${name}_test "${M_TESTS}" "${name};${M_TEST_DEPENDS}"
            "${M_FOREIGN};${M_TEST_FOREIGN}")
        if(NOT M_TEST_LABEL)
            set(M_TEST_LABEL unit)
        endif()
        gtest_discover_tests(${name}_test TEST_PREFIX ${name}.
            PROPERTIES LABELS ${M_TEST_LABEL} TIMEOUT 120 DISCOVERY_TIMEOUT 60)
        if(M_TEST_LABEL STREQUAL integration)
            add_dependencies(tests_integration ${name}_test)
        endif()
    endif()
    if(M_BENCHES)
        add_executable(${name}_bench EXCLUDE_FROM_ALL ${M_BENCHES})
        target_link_libraries(${name}_bench PRIVATE ${library} tributary_compiler
            ${M_FOREIGN} benchmark::benchmark_main)
    endif()
endfunction()

function(tributary_test_binary target sources modules foreign)
    add_executable(${target} ${sources})
    # Reading headers is most of the work of building tests: several sources go at a time.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    foreach(module ${modules})
        target_link_libraries(${target} PRIVATE tributary_${module})
    endforeach()
    target_link_libraries(${target} PRIVATE tributary_compiler ${foreign}
        GTest::gtest_main Threads::Threads)
    add_dependencies(tests_all ${target})
endfunction()

# Everything that the unit and contract runs need, and nothing else.
add_custom_target(tests_all)
# The part of them that needs real servers, labelled integration.
add_custom_target(tests_integration)

# tributary_program(name SOURCES … DEPENDS module … [FOREIGN …] [OUTPUT path])
function(tributary_program name)
    cmake_parse_arguments(P "" "OUTPUT" "SOURCES;DEPENDS;FOREIGN" ${ARGN})
    add_executable(${name} ${P_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
    foreach(module ${P_DEPENDS})
        target_link_libraries(${name} PRIVATE tributary_${module})
    endforeach()
    target_link_libraries(${name} PRIVATE tributary_compiler ${P_FOREIGN} Threads::Threads)
    # All programs lie in one folder, as they are installed: bin/tributary, bin/lambda_api/bootstrap.
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
    if(P_OUTPUT)
        get_filename_component(folder ${P_OUTPUT} DIRECTORY)
        get_filename_component(file ${P_OUTPUT} NAME)
        set_target_properties(${name} PROPERTIES
            RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin/${folder} OUTPUT_NAME ${file})
    endif()
endfunction()
