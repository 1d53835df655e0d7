// Chooses the instruction sets: only those whose multiply-add is fused.
// In Highway a better target has a lower bit: AVX3 - 1 is all that is better than AVX3.
// Highway compiles its baseline (SSE2) too; no table is made of it, the scalar reference serves there. What
// stands between #if TFI_HAS_TABLE is left out for it.
// No include guard: read once per target. The including file defines HWY_TARGET_INCLUDE.
#ifndef HWY_DISABLED_TARGETS
#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS ((HWY_AVX3 - 1) | HWY_SSE4 | HWY_SSSE3)
#else
#define HWY_DISABLED_TARGETS (HWY_NEON - 1)
#endif
#endif
#ifndef TFI_HAS_TABLE
#define TFI_HAS_TABLE ((HWY_TARGET & (HWY_AVX3 | HWY_AVX2 | HWY_NEON)) != 0)
#endif
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
