// Convolutions and dense layers in the shapes of the published networks, alone, on one thread, for every
// instruction set of this machine. Counters: multiply-adds per second, and their share of the peak.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/flush_denormals.hpp"
#include "graph/ops/conv2d.hpp"
#include "graph/ops/dense.hpp"
#include "kernels/kernel.hpp"
#include "kernels/peak.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kImages = 8;

struct ConvShape {
  const char* name;
  int64_t side, cin, cout, kernel_h, kernel_w, stride, groups;
};

// Square inputs, padding `same`.
constexpr ConvShape kConvolutions[] = {
    {"3x3/ResNet20.first", 32, 3, 16, 3, 3, 1, 1},
    {"3x3/ResNet20.stage1", 32, 16, 16, 3, 3, 1, 1},
    {"3x3/ResNet20.stage2", 16, 32, 32, 3, 3, 1, 1},
    {"3x3/ResNet20.stage3", 8, 64, 64, 3, 3, 1, 1},
    {"3x3/ResNet18.stage4", 4, 512, 512, 3, 3, 1, 1},
    {"3x3/Vgg.block1", 32, 64, 64, 3, 3, 1, 1},
    {"3x3/Vgg.block3", 8, 256, 256, 3, 3, 1, 1},
    {"3x3/Vgg.block5", 2, 512, 512, 3, 3, 1, 1},
    {"3x3/DenseNet121.growth", 32, 128, 32, 3, 3, 1, 1},
    {"3x3/DenseNet161.growth", 16, 192, 48, 3, 3, 1, 1},
    {"1x1/DenseNet121.bottleneck", 16, 256, 128, 1, 1, 1, 1},
    {"1x1/DenseNet121.transition", 8, 1024, 512, 1, 1, 1, 1},
    {"1x1/GoogLeNet.3a", 16, 480, 192, 1, 1, 1, 1},
    {"1x1/MobileNetV2.expand", 16, 24, 144, 1, 1, 1, 1},
    {"1x1/MobileNetV2.project", 16, 144, 24, 1, 1, 1, 1},
    {"5x5/GoogLeNet", 16, 32, 96, 5, 5, 1, 1},
    {"1x7/InceptionV3", 12, 128, 192, 1, 7, 1, 1},
    {"7x1/InceptionV3", 12, 128, 192, 7, 1, 1, 1},
    {"strided3x3/ResNet20.stage2", 32, 16, 32, 3, 3, 2, 1},
    {"strided3x3/ResNet18.stage4", 8, 256, 512, 3, 3, 2, 1},
    {"strided1x1/ResNet18.shortcut", 16, 128, 256, 1, 1, 2, 1},
    {"depthwise/MobileNetV2.144", 16, 144, 144, 3, 3, 1, 144},
    {"depthwise/MobileNetV2.strided", 16, 192, 192, 3, 3, 2, 192},
    {"grouped/32", 8, 128, 128, 3, 3, 1, 32},
    {"odd/17to33", 9, 17, 33, 3, 3, 1, 1},
    {"odd/5to7", 11, 5, 7, 3, 3, 1, 1},
    {"odd/3to1", 32, 3, 1, 5, 5, 1, 1},
};

struct DenseShape {
  const char* name;
  int64_t inputs, units;
};

constexpr DenseShape kDenses[] = {
    {"ResNet20", 64, 10},         {"ResNet18", 512, 10},
    {"Vgg.hidden", 512, 512},     {"DenseNet161.GTSRB", 2208, 43},
    {"odd/1025to101", 1025, 101}, {"wide", 4096, 1000},
};

struct Problem {
  std::vector<Weight> weights;
  KernelContext context;
  AlignedBuffer input, output;
};

std::vector<float> values(int64_t count) {
  std::mt19937 chance(1);
  std::normal_distribution<float> normal(0.0f, 0.1f);
  std::vector<float> all(static_cast<size_t>(count));
  for (float& value : all) value = normal(chance);
  return all;
}

WeightId add_weight(Problem& problem, Shape shape) {
  problem.weights.push_back({"w", shape, values(shape.elements())});
  return static_cast<WeightId>(problem.weights.size() - 1);
}

template <typename Op>
void finish(Problem& problem, const Op& op, const Shape& input, KernelSet set) {
  problem.context.output = ops::infer_shape(op, std::vector<Shape>{input});
  problem.context.inputs = {input};
  problem.context.weights = problem.weights;
  problem.context.set = set;
  problem.context.epilogue.activation = ops::ActivationKind::relu;
  problem.input = AlignedBuffer(static_cast<size_t>(input.elements() * kImages));
  const std::vector<float> pixels = values(input.elements() * kImages);
  std::copy(pixels.begin(), pixels.end(), problem.input.data());
  problem.output = AlignedBuffer(static_cast<size_t>(problem.context.output.elements() * kImages));
}

double peak_of(KernelSet set) {
  static std::map<KernelSet, double> known;
  const auto [found, is_new] = known.try_emplace(set, 0.0);
  if (is_new) found->second = peak_multiply_adds(set);
  return found->second;
}

void run(benchmark::State& state, const Kernel& kernel, Problem& problem, KernelSet set) {
  const double peak = peak_of(set);
  const FlushDenormals flush;
  const float* const input = problem.input.data();
  for (auto _ : state) {
    kernel.run({.inputs = {&input, 1}, .output = problem.output.data(), .images = kImages, .batch = kImages});
    benchmark::ClobberMemory();
  }
  const auto done =
      static_cast<double>(kernel.multiply_adds()) * kImages * static_cast<double>(state.iterations());
  state.SetLabel(kernel.name());
  state.counters["fma/s"] = benchmark::Counter(done, benchmark::Counter::kIsRate);
  if (peak > 0) state.counters["of_peak"] = benchmark::Counter(done / peak, benchmark::Counter::kIsRate);
}

void convolution(benchmark::State& state, const ConvShape& shape, KernelSet set) {
  Problem problem;
  const ops::Conv2D op{
      .kernel = add_weight(problem, {shape.kernel_h, shape.kernel_w, shape.cin / shape.groups, shape.cout}),
      .bias = add_weight(problem, {shape.cout}),
      .kernel_size = {shape.kernel_h, shape.kernel_w},
      .strides = {shape.stride, shape.stride},
      .groups = shape.groups,
      .filters = shape.cout,
      .padding = ops::Padding::same};
  finish(problem, op, {shape.side, shape.side, shape.cin}, set);
  run(state, *make_kernel(op, problem.context), problem, set);
}

void dense(benchmark::State& state, const DenseShape& shape, KernelSet set) {
  Problem problem;
  const ops::Dense op{.kernel = add_weight(problem, {shape.inputs, shape.units}),
                      .bias = add_weight(problem, {shape.units}),
                      .units = shape.units};
  finish(problem, op, {shape.inputs}, set);
  run(state, *make_kernel(op, problem.context), problem, set);
}

void register_all() {
  for (const KernelSet set : available_kernel_sets()) {
    const std::string prefix = std::string(kernel_set_name(set)) + "/";
    for (const ConvShape& shape : kConvolutions) {
      benchmark::RegisterBenchmark((prefix + "conv/" + shape.name).c_str(), [&shape,
                                                                             set](benchmark::State& state) {
        convolution(state, shape, set);
      })->MinTime(0.1);
    }
    for (const DenseShape& shape : kDenses) {
      benchmark::RegisterBenchmark((prefix + "dense/" + shape.name).c_str(), [&shape,
                                                                              set](benchmark::State& state) {
        dense(state, shape, set);
      })->MinTime(0.1);
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail

int main(int argc, char** argv) {
  tf_injector::detail::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
