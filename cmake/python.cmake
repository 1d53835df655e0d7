# Module tf_injector._core of the Python package: src/python on top of all other folders. Built by pip (pyproject.toml), which says where
# Python and nanobind are, or by hand with -DTFI_BUILD_PYTHON=ON: then into python/tf_injector of the build folder, beside copies of the
# package's files, so that PYTHONPATH=<build folder>/python uses it without being installed.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
if(NOT nanobind_ROOT AND NOT nanobind_DIR)
  execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir OUTPUT_VARIABLE nanobind_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE
                  RESULT_VARIABLE nanobind_missing ERROR_QUIET)
  if(nanobind_missing)
    message(FATAL_ERROR "${Python_EXECUTABLE} has no nanobind: ${Python_EXECUTABLE} -m pip install nanobind")
  endif()
endif()
find_package(nanobind CONFIG REQUIRED)

file(GLOB tfi_python_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/python/*.cpp)
nanobind_add_module(tf_injector_python STABLE_ABI NB_STATIC NOMINSIZE ${tfi_python_sources})
set_target_properties(tf_injector_python PROPERTIES OUTPUT_NAME _core LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python/tf_injector)
target_link_libraries(tf_injector_python PRIVATE tfi_cli tfi_options)
# Their headers' warnings are not ours.
target_include_directories(tf_injector_python SYSTEM PRIVATE ${NB_DIR}/include ${Python_INCLUDE_DIRS})

file(GLOB tfi_python_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/python/tf_injector/*)
foreach(file IN LISTS tfi_python_files)
  if(NOT IS_DIRECTORY ${file})
    get_filename_component(name ${file} NAME)
    configure_file(${file} ${CMAKE_BINARY_DIR}/python/tf_injector/${name} COPYONLY)
  endif()
endforeach()
install(TARGETS tf_injector_python LIBRARY DESTINATION tf_injector COMPONENT python)
