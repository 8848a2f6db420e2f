# Foreign libraries: all are packages of Debian 12. A module links them PRIVATE.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
find_package(zstd CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# OpenSSL, which most of the time that a program needs to start goes into: relocating it touches a
# hundred pages. Lambda starts its functions anew while somebody waits, so a program with the property
# HOLDS_OPENSSL has it inside, at a fixed address.
find_library(OPENSSL_SSL_ARCHIVE libssl.a REQUIRED)
find_library(OPENSSL_CRYPTO_ARCHIVE libcrypto.a REQUIRED)
add_library(tributary_openssl INTERFACE)
target_link_libraries(tributary_openssl INTERFACE
    "$<IF:$<BOOL:$<TARGET_PROPERTY:HOLDS_OPENSSL>>,${OPENSSL_SSL_ARCHIVE};${OPENSSL_CRYPTO_ARCHIVE};${CMAKE_DL_LIBS},OpenSSL::SSL;OpenSSL::Crypto>")
