# Debian's cross compiler for 64-bit ARM, and the libraries that scripts/aarch64 unpacks below .cache. Programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

get_filename_component(tfi_sysroot "${CMAKE_CURRENT_LIST_DIR}/../.cache/aarch64/sysroot" ABSOLUTE)
set(CMAKE_SYSROOT "${tfi_sysroot}")
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${tfi_sysroot}")
set(ENV{PKG_CONFIG_LIBDIR} "${tfi_sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig:${tfi_sysroot}/usr/share/pkgconfig")

set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-L;${tfi_sysroot}")
