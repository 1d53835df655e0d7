# Says in one line that there is no C++ compiler. Included before project(), whose own words name no package; where a toolchain file or
# CMAKE_CXX_COMPILER chooses the compiler, CMake looks for it alone.
if(CMAKE_CXX_COMPILER OR CMAKE_TOOLCHAIN_FILE OR DEFINED ENV{CMAKE_TOOLCHAIN_FILE})
  return()
endif()
set(tfi_compilers c++ CC g++ aCC cl bcc xlC icpx icx clang++)  # CMake's own list
set(tfi_asked_for "")
if(NOT "$ENV{CXX}" STREQUAL "")
  separate_arguments(tfi_compilers UNIX_COMMAND "$ENV{CXX}")
  list(GET tfi_compilers 0 tfi_compilers)
  set(tfi_asked_for " called '${tfi_compilers}' (environment variable CXX, or what Python was built with)")
endif()
find_program(tfi_compiler NAMES ${tfi_compilers} NO_CACHE)
if(NOT tfi_compiler)
  message(FATAL_ERROR "no C++ compiler${tfi_asked_for} is found. On Debian and Ubuntu scripts/setup installs it and the libraries, or the "
                      "compiler alone\n  sudo apt-get install g++\nIf you have another one, name it: CXX=clang++")
endif()
