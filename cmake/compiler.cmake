# Warnings, sanitizers, ccache and the linker, for every target alike.
add_library(tributary_compiler INTERFACE)
target_compile_options(tributary_compiler INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Wcast-qual -Woverloaded-virtual -Wimplicit-fallthrough)
if(TRIBUTARY_WERROR)
    target_compile_options(tributary_compiler INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports these from inside its own headers at -O2 (gcc bugs 105329, 105651).
    target_compile_options(tributary_compiler INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()

set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

if(TRIBUTARY_SANITIZE)
    target_compile_options(tributary_compiler INTERFACE
        -fsanitize=${TRIBUTARY_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(tributary_compiler INTERFACE -fsanitize=${TRIBUTARY_SANITIZE})
    # The sanitizers' own instrumentation sets off -Wmaybe-uninitialized and its kin in g++ 12.
    target_compile_options(tributary_compiler INTERFACE -Wno-error)
endif()
if(TRIBUTARY_COVERAGE)
    target_compile_options(tributary_compiler INTERFACE --coverage)
    target_link_options(tributary_compiler INTERFACE --coverage)
endif()

find_program(CCACHE ccache)
if(CCACHE)
    # Paths relative to the checkout: every clone on a machine shares one cache.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
    target_link_options(tributary_compiler INTERFACE -fuse-ld=mold)
endif()
