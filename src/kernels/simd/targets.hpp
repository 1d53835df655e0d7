// Chooses the instruction sets: only those whose multiply-add is fused.
// In Highway a better target has a lower bit: AVX3 - 1 is all that is better than AVX3.
// Highway wants its baseline (SSE2) compiled too; no table is made of it, the scalar reference serves there.
// No include guard: read once per target. The including file defines HWY_TARGET_INCLUDE.
#ifndef HWY_DISABLED_TARGETS
#if defined(__x86_64__)
#define HWY_DISABLED_TARGETS ((HWY_AVX3 - 1) | HWY_SSE4 | HWY_SSSE3)
#else
#define HWY_DISABLED_TARGETS (HWY_NEON - 1)
#endif
#endif
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
