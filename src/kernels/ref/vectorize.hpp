// Lets the compiler use the CPU's fused multiply-add for std::fma in the reference loops, instead of a
// library call per element. No result changes: std::fma is exact by definition, and contraction is off in the
// whole project.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)
#define TFI_VECTORIZE __attribute__((target_clones("fma", "default")))
#else
#define TFI_VECTORIZE
#endif
