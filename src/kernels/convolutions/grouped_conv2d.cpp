// The SIMD convolution with groups of several filters each.
#include <numeric>

#include "core/bits.hpp"
#include "kernels/candidates.hpp"
#include "kernels/const_arrays.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"
#include "kernels/convolutions/position_tables.hpp"
#include "kernels/epilogue.hpp"
#include "kernels/packed_weights.hpp"

namespace tf_injector::detail {
namespace {

class SimdGroupedConv2D final : public Kernel, public ConstArrays {
 public:
  SimdGroupedConv2D(const Conv2DParts& parts, const KernelContext& context)
      : table_(*simd::simd_table(context.set)),
        geometry_(parts.geometry),
        kernel_(parts.kernel),
        positions_(std::make_shared<const PositionTables>(geometry_)),
        all_epilogues_(std::make_shared<const EpilogueData>(context, parts.bias, geometry_.cout)),
        epilogues_(by_group(geometry_, *all_epilogues_)),
        zeros_(std::make_shared<const AlignedBuffer>(static_cast<size_t>(cin()))),
        classes_(positions_->views()),
        packed_(static_cast<size_t>(geometry_.groups * group_size())) {
    const std::span<const float> values = weight_values(context, kernel_);
    for (size_t i = 0; i < values.size(); ++i) packed_[packed_element(static_cast<int64_t>(i))] = values[i];
  }

  void run(const KernelArgs& args) const noexcept override {
    const ref::SumBlocks blocks = ref::conv2d_blocks(geometry_, args.batch);
    const bool is_cut = blocks.lengths.size() > 1;
    for (int64_t group = 0; group < geometry_.groups; ++group) {
      const EpilogueData& epilogue = (*epilogues_)[static_cast<size_t>(group)];
      simd::ConvCall call{.in = args.inputs[0] + group * cin(),
                          .out = args.output + group * cout(),
                          .in_image = geometry_.in_h * geometry_.in_w * geometry_.cin,
                          .out_image = geometry_.out_h * geometry_.out_w * geometry_.cout,
                          .images = args.images,
                          .cin = static_cast<int32_t>(cin()),
                          .cout = static_cast<int32_t>(cout()),
                          .out_stride = static_cast<int32_t>(geometry_.cout),
                          .kernel_taps = static_cast<int32_t>(taps()),
                          .weights = packed_.data() + group * group_size(),
                          .zeros = zeros_->data(),
                          .classes = classes_,
                          .blocks = is_cut ? blocks.lengths : std::span<const int64_t>(),
                          .second = blocks.second,
                          .epilogue = epilogue.call(args)};
      if (epilogue.has_add()) call.epilogue.add += group * cout();
      table_.conv2d(call);
    }
  }
  [[nodiscard]] std::string name() const override {
    return std::string(kernel_set_name(table_.set)) + ":grouped_conv2d";
  }
  [[nodiscard]] int64_t multiply_adds() const override { return multiply_adds_of(geometry_); }
  [[nodiscard]] size_t table_bytes() const override { return positions_->bytes(); }
  [[nodiscard]] size_t weight_bytes() const override {
    size_t bytes = packed_.size() * sizeof(float) + all_epilogues_->bytes();
    for (const EpilogueData& epilogue : *epilogues_) bytes += epilogue.bytes();
    return bytes;
  }
  void visit_arrays(const ArrayVisitor& visit) const override {
    visit_array(visit, packed_.span());
    visit_array(visit, zeros_->span());
    detail::visit_arrays(*all_epilogues_, geometry_.cout, visit);
    for (const EpilogueData& epilogue : *epilogues_) detail::visit_arrays(epilogue, cout(), visit);
    detail::visit_arrays(*positions_, visit);
  }
  [[nodiscard]] bool holds(WeightId weight) const override {
    return weight == kernel_ || all_epilogues_->holds(weight);
  }
  [[nodiscard]] std::unique_ptr<Kernel> patched(std::span<const Patch> patches) const override {
    if (!holds_any(patches)) return nullptr;
    auto copy = std::make_unique<SimdGroupedConv2D>(*this);
    for_each_patch(patches, kernel_,
                   [&](int64_t element, float value) { copy->packed_[packed_element(element)] = value; });
    copy->all_epilogues_ = patched_epilogue(all_epilogues_, patches);
    if (copy->all_epilogues_ != all_epilogues_) copy->epilogues_ = by_group(geometry_, *copy->all_epilogues_);
    return copy;
  }

 private:
  using Epilogues = std::shared_ptr<const std::vector<EpilogueData>>;

  // One per group: their arrays begin at whole vectors.
  static Epilogues by_group(const ref::Conv2DGeometry& g, const EpilogueData& all) {
    std::vector<EpilogueData> epilogues;
    std::vector<int32_t> channels(static_cast<size_t>(g.cout / g.groups));
    for (int64_t group = 0; group < g.groups; ++group) {
      std::iota(channels.begin(), channels.end(), static_cast<int32_t>(group * g.cout / g.groups));
      epilogues.push_back(all.gathered(channels));
    }
    return std::make_shared<const std::vector<EpilogueData>>(std::move(epilogues));
  }

  // Of a group.
  [[nodiscard]] int64_t cin() const noexcept { return geometry_.cin / geometry_.groups; }
  [[nodiscard]] int64_t cout() const noexcept { return geometry_.cout / geometry_.groups; }
  [[nodiscard]] int64_t taps() const noexcept { return geometry_.kernel_h * geometry_.kernel_w; }
  [[nodiscard]] int64_t depth() const noexcept { return taps() * cin(); }
  [[nodiscard]] int64_t group_size() const { return simd::packed_size(table_, depth(), cout()); }
  [[nodiscard]] size_t packed_element(int64_t element) const {
    const int64_t filter = element % geometry_.cout;
    return static_cast<size_t>(filter / cout() * group_size() + simd::packed_index(table_, depth(), cout(),
                                                                                   element / geometry_.cout,
                                                                                   filter % cout()));
  }

  const simd::SimdTable& table_;
  ref::Conv2DGeometry geometry_;
  WeightId kernel_;
  std::shared_ptr<const PositionTables> positions_;
  std::shared_ptr<const EpilogueData> all_epilogues_;  // of all groups
  Epilogues epilogues_;
  std::shared_ptr<const AlignedBuffer> zeros_;
  std::vector<simd::PositionClass> classes_;
  PackedWeights packed_;  // group by group
};

}  // namespace

std::string refuse_grouped_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  const ref::Conv2DGeometry& g = parts.geometry;
  if (std::string reason = refuse_without_simd(context); !reason.empty()) return reason;
  if (g.groups == 1 || g.groups == g.cout) return "simd groups: not of several filters";
  if (ref::conv2d_sum(g, 1) != ref::Sum::blocks) return "simd groups: a single output position";
  return refuse_large_images(context);
}

std::unique_ptr<Kernel> make_grouped_conv2d(const Conv2DParts& parts, const KernelContext& context) {
  return std::make_unique<SimdGroupedConv2D>(parts, context);
}

}  // namespace tf_injector::detail
