// The entries of PackTable for one instruction set; files of their names define them, lane_parts.cpp the
// small ones.
#if defined(TFI_REPLAY_SIMD_PACK_ENTRIES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_REPLAY_SIMD_PACK_ENTRIES_INL
#undef TFI_REPLAY_SIMD_PACK_ENTRIES_INL
#else
#define TFI_REPLAY_SIMD_PACK_ENTRIES_INL
#endif

#include "replay/simd/pack_table.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

LaneRows lane_window(const LaneWindowCall& call);
int32_t lane_merge(const LaneMergeCall& call);
bool lane_sums(const LaneSumsCall& call);
bool item_sums(const ItemSumsCall& call);
void lane_most(const LanePixel& pixel, LaneMask lanes, float* most);
void channel_window(const ChannelWindowCall& call);
int32_t lane_maxima(const LaneMaximaCall& call);
int32_t lane_nonzero(const LaneNonzeroCall& call);
LaneMask lane_finish(const LaneFinishCall& call, int32_t* rows);
int32_t lane_join(std::span<const LanePart> parts, float* row);
void lane_add(const float* rows, const int32_t* channels, int32_t count, int32_t vectors, float* sums);
void columns(const ColumnsCall& call);
void squares(const float* values, int64_t rows, int32_t channels, float* sums);

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
