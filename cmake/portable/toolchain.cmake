# GCC compiles, zig links: programs and modules that need no shared library but glibc's, and of that nothing younger than 2.28. What they
# are made of and zig itself are below .cache/portable (scripts/portable_libraries); only headers without a library are the system's.
set(TFI_PORTABLE_GLIBC 2.28)
get_filename_component(tfi_portable "${CMAKE_CURRENT_LIST_DIR}/../../.cache/portable" ABSOLUTE)
set(CMAKE_CXX_COMPILER g++)
# Where it was built shall not decide a byte (scripts/reproducible).
get_filename_component(tfi_root "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
set(CMAKE_CXX_FLAGS_INIT "-ffunction-sections -fdata-sections -ffile-prefix-map=${tfi_root}=.")

list(PREPEND CMAKE_PREFIX_PATH "${tfi_portable}/prefix")
set(ENV{PKG_CONFIG_LIBDIR} "${tfi_portable}/prefix/lib/pkgconfig")
set(OPENSSL_USE_STATIC_LIBS ON)

execute_process(COMMAND g++ -print-file-name=libstdc++.a OUTPUT_VARIABLE tfi_libstdcxx OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND g++ -print-libgcc-file-name OUTPUT_VARIABLE tfi_libgcc OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

# zig's libunwind instead of libgcc_eh.a, which asks for _dl_find_object (glibc 2.35).
set(tfi_zig "${CMAKE_COMMAND} -E env ZIG_GLOBAL_CACHE_DIR=${tfi_portable}/zig-cache ZIG_LOCAL_CACHE_DIR=${tfi_portable}/zig-cache \
${tfi_portable}/zig/bin/python-zig cc -target ${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu.${TFI_PORTABLE_GLIBC}")
set(tfi_link "<OBJECTS> -o <TARGET> ${tfi_portable}/prefix/lib/tfi_glibc.o -Wl,--start-group <LINK_LIBRARIES> ${tfi_libstdcxx} -lunwind \
${tfi_libgcc} -Wl,--end-group -lm -ldl -lpthread -s -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now")
set(CMAKE_CXX_LINK_EXECUTABLE "${tfi_zig} -pie <LINK_FLAGS> ${tfi_link}")
set(CMAKE_CXX_CREATE_SHARED_MODULE "${tfi_zig} -shared <LINK_FLAGS> ${tfi_link} -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/module.map")
