# One library of all folders but cli/, installed with its headers and a CMake package: find_package(tf_injector),
# target tf_injector::tf_injector. What it links is found again by the package (tf_injectorConfig.cmake.in).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY tfi_layers)
list(REMOVE_ITEM layers cli)
list(TRANSFORM layers REPLACE "(.+)" "$<TARGET_OBJECTS:tfi_\\1>" OUTPUT_VARIABLE objects)
add_library(tf_injector_library STATIC EXCLUDE_FROM_ALL ${objects})
add_library(tf_injector::tf_injector ALIAS tf_injector_library)
set_target_properties(tf_injector_library PROPERTIES OUTPUT_NAME tf_injector EXPORT_NAME tf_injector LINKER_LANGUAGE CXX)
target_compile_features(tf_injector_library INTERFACE cxx_std_20)
target_include_directories(tf_injector_library INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(tf_injector_library PRIVATE Threads::Threads OpenSSL::Crypto ZLIB::ZLIB CURL::libcurl fmt::fmt
                      PkgConfig::tfi_libzip_pc tfi_libarchive PkgConfig::tfi_hwy_pc)

option(TFI_INSTALL_LIBRARY "cmake --install copies the library, its headers and its CMake package too" OFF)
install(TARGETS tf_injector RUNTIME)
if(TFI_INSTALL_LIBRARY)
  set_target_properties(tf_injector_library PROPERTIES EXCLUDE_FROM_ALL OFF)
  set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tf_injector)
  install(TARGETS tf_injector_library EXPORT tf_injector ARCHIVE)
  install(DIRECTORY include/tf_injector DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
  install(EXPORT tf_injector NAMESPACE tf_injector:: FILE tf_injectorTargets.cmake DESTINATION ${package_folder})
  configure_package_config_file(cmake/tf_injectorConfig.cmake.in ${PROJECT_BINARY_DIR}/tf_injectorConfig.cmake
                                INSTALL_DESTINATION ${package_folder})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/tf_injectorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/tf_injectorConfig.cmake ${PROJECT_BINARY_DIR}/tf_injectorConfigVersion.cmake
          cmake/libarchive.cmake DESTINATION ${package_folder})
endif()
