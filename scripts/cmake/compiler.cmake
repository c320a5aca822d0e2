# Warnings, hardening and sanitizers, for every target of the project.
# Hardening: OpenSSF "Compiler Options Hardening Guide for C and C++", for GCC 12 and Clang 14.

add_compile_options(
  -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings)
if(CHATAPP_WERROR)
  add_compile_options(-Werror)
endif()

add_compile_definitions(_GNU_SOURCE)
add_compile_options(-fno-strict-overflow -fno-common -fstack-protector-strong)
if(CHATAPP_SANITIZE)
  add_compile_options(-fsanitize=${CHATAPP_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  if(CHATAPP_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  add_link_options(-fsanitize=${CHATAPP_SANITIZE})
else()
  add_compile_options(-fstack-clash-protection)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU") # Clang 14 wants a second, temporary option for it
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
  endif()
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=3>)
endif()

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
add_link_options(-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed)
