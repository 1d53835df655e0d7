# Headers that most sources include, compiled once for all layers: the standard library's and fmt's. A build without them is the
# same: every file includes what it uses.
option(TFI_PRECOMPILED_HEADERS "Precompile the headers that most sources include" ON)
set(tfi_precompiled <algorithm> <array> <cmath> <cstdint> <functional> <limits> <memory> <optional> <span> <string> <string_view>
    <utility> <vector> <fmt/format.h>)
if(TFI_PRECOMPILED_HEADERS AND CMAKE_CXX_COMPILER_LAUNCHER MATCHES "(^|/)ccache$")
  # ccache takes sources with precompiled headers only where it is told that their dates and __TIME__ do not matter.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CMAKE_CXX_COMPILER_LAUNCHER})
endif()

# tfi_precompile(TARGET): the first target compiles them, the others take them from it.
function(tfi_precompile target)
  if(NOT TFI_PRECOMPILED_HEADERS)
    return()
  endif()
  get_property(owner GLOBAL PROPERTY tfi_precompiled_by)
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${tfi_precompiled})
    set_property(GLOBAL PROPERTY tfi_precompiled_by ${target})
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The first for ccache. GCC 12 forgets in precompiled headers which of its warnings the standard library turns off.
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
  elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# Sources of a layer are compiled several at once: most of what a small file costs is reading the headers it shares with the next.
# So a layer's files have no name of file scope in common. Left out: sources that read themselves again for each instruction set.
option(TFI_UNITY_BUILD "Compile the sources of a layer several at once" ON)
set(TFI_UNITY_BUILD_BATCH_SIZE 8 CACHE STRING "Sources compiled at once; 0: all of a layer")

# tfi_unite(TARGET SOURCES)
function(tfi_unite target sources)
  if(NOT TFI_UNITY_BUILD)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${TFI_UNITY_BUILD_BATCH_SIZE})
  list(FILTER sources INCLUDE REGEX "/simd/")
  set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# tfi_layer(NAME [LOWER...]): the static library tfi_NAME of all sources in src/NAME, which may use the named lower ones.
function(tfi_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(sources)
    add_library(tfi_${name} STATIC ${sources})
    set_property(GLOBAL APPEND PROPERTY tfi_layers ${name})
    set(scope PUBLIC)
    target_link_libraries(tfi_${name} PRIVATE tfi_options)
    tfi_precompile(tfi_${name})
    tfi_unite(tfi_${name} "${sources}")
  else()
    add_library(tfi_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(tfi_${name} ${scope} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  foreach(lower IN LISTS ARGN)
    target_link_libraries(tfi_${name} ${scope} tfi_${lower})
  endforeach()
  target_link_libraries(tfi_${name} ${scope} fmt::fmt)
endfunction()

# tfi_uses(NAME LIBRARY...): third-party libraries of tfi_NAME; none of their types is in its headers.
function(tfi_uses name)
  get_target_property(type tfi_${name} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_link_libraries(tfi_${name} INTERFACE ${ARGN})
  else()
    target_link_libraries(tfi_${name} PRIVATE ${ARGN})
  endif()
endfunction()
