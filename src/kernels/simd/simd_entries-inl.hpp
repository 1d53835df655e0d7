// The entries of SimdTable for one instruction set; each is defined in a file of its own.
#if defined(TFI_SIMD_ENTRIES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_ENTRIES_INL
#undef TFI_SIMD_ENTRIES_INL
#else
#define TFI_SIMD_ENTRIES_INL
#endif

#include "kernels/simd/simd_table.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

void conv2d(const ConvCall& call);
// For conv2d: one vector of channels from `channel` on. Wants call.rows, no blocks.
void conv2d_rows(const ConvCall& call, const float* weights, int32_t channel);
void channel_conv2d(const ChannelConvCall& call);
void max_pool(const MaxPoolCall& call);
void dense(const DenseCall& call);
void elementwise(const ElementwiseCall& call);
bool function(const FunctionCall& call);
void plane_columns(const PlaneCall& call);

// Two units of a latency of 4 or 5 want 10 chains in flight; 12 fit into 16 registers beside the factors.
inline constexpr int kPeakChains = 12;
float multiply_add_chains(int64_t rounds);

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
