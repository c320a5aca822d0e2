# The packaged libraries, each behind one imported target. scripts/packages names their Debian packages.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(library IN ITEMS libwebsockets libmicrohttpd hiredis jansson libsodium libuv libcurl libcrypto)
  pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()

# Debian's libzxcvbn has no .pc file.
find_library(ZXCVBN_LIBRARY zxcvbn REQUIRED)
find_path(ZXCVBN_INCLUDE zxcvbn.h PATH_SUFFIXES zxcvbn REQUIRED)
