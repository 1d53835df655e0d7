// The kernels of the networks whose fault lists were published, in the order of the lists.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "sampling/fault_text.hpp"

namespace tf_injector::detail::test {

// Names follow the calls: conv2d, conv2d_1, ..., dense, dense_1, ...
class Kernels {
 public:
  std::vector<SampledKernel> all;

  void conv(int64_t size, int64_t in, int64_t out) { conv(size, in, out, convolutions_); }
  // The convolution of another number than the next.
  void conv(int64_t size, int64_t in, int64_t out, int number) {
    add("conv2d", number, {size, size, in, out});
    ++convolutions_;
  }
  void dense(int64_t in, int64_t out) { add("dense", dense_++, {in, out}); }
  [[nodiscard]] int next() const { return convolutions_; }

 private:
  void add(const std::string& kind, int number, const std::vector<int64_t>& shape) {
    SampledKernel kernel{number == 0 ? kind : kind + "_" + std::to_string(number), shape, 1};
    for (const int64_t size : shape) kernel.elements *= size;
    all.push_back(kernel);
  }

  int convolutions_ = 0, dense_ = 0;
};

inline void cifar_resnet(Kernels& k, int depth, int64_t classes) {
  int64_t in = 16;
  k.conv(3, 3, in);
  for (const int64_t channels : {16, 32, 64}) {
    for (int block = 0; block < (depth - 2) / 6; ++block) {
      k.conv(3, in, channels);
      k.conv(3, channels, channels);
      in = channels;
    }
  }
  k.dense(in, classes);
}

inline void resnet18(Kernels& k, int64_t classes) {
  int64_t in = 64;
  k.conv(3, 3, in);
  for (const int64_t channels : {64, 128, 256, 512}) {
    for (int block = 0; block < 2; ++block) {
      k.conv(3, in, channels);
      k.conv(3, channels, channels);
      if (in != channels) k.conv(1, in, channels);
      in = channels;
    }
  }
  k.dense(in, classes);
}

inline void vgg(Kernels& k, const std::array<int, 5>& stages, int64_t classes) {
  constexpr int64_t kChannels[] = {64, 128, 256, 512, 512};
  int64_t in = 3;
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    for (int i = 0; i < stages[stage]; ++i) {
      k.conv(3, in, kChannels[stage]);
      in = kChannels[stage];
    }
  }
  k.dense(in, 4096);
  k.dense(4096, 4096);
  k.dense(4096, classes);
}

inline void densenet(Kernels& k, int64_t first, int64_t growth, const std::array<int, 4>& stages,
                     int64_t classes) {
  int64_t channels = first;
  k.conv(3, 3, channels);
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    for (int i = 0; i < stages[stage]; ++i) {
      k.conv(1, channels, 4 * growth);
      k.conv(3, 4 * growth, growth);
      channels += growth;
    }
    if (stage == 3) continue;
    k.conv(1, channels, channels / 2);
    channels /= 2;
  }
  k.dense(channels, classes);
}

inline void mobilenet_v2(Kernels& k, int64_t classes) {
  struct Stage {
    int64_t expansion, channels;
    int blocks, stride;
  };
  int64_t in = 32;
  k.conv(3, 3, in);
  for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 1}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                             Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (int block = 0; block < stage.blocks; ++block) {
      const int64_t inner = in * stage.expansion;
      k.conv(1, in, inner);
      k.conv(3, 1, inner);  // a group for each channel
      k.conv(1, inner, stage.channels);
      if (in != stage.channels && (block > 0 || stage.stride == 1)) k.conv(1, in, stage.channels);
      in = stage.channels;
    }
  }
  k.conv(1, in, 1280);
  k.dense(1280, classes);
}

// Channels of 1x1; 3x3 reduced, 3x3; 5x5 reduced, 5x5, which is a 3x3 here; behind the pooling.
inline constexpr std::array<std::array<int64_t, 6>, 9> kInceptions{{{64, 96, 128, 16, 32, 32},
                                                                    {128, 128, 192, 32, 96, 64},
                                                                    {192, 96, 208, 16, 48, 64},
                                                                    {160, 112, 224, 24, 64, 64},
                                                                    {128, 128, 256, 24, 64, 64},
                                                                    {112, 144, 288, 32, 64, 64},
                                                                    {256, 160, 320, 32, 128, 128},
                                                                    {256, 160, 320, 32, 128, 128},
                                                                    {384, 192, 384, 48, 128, 128}}};

// The convolutions of a block are numbered by their depth in it, and listed branch by branch.
inline void googlenet(Kernels& k, int64_t classes) {
  int64_t in = 192;
  k.conv(3, 3, in);
  for (const auto& [one, reduced3, three, reduced5, five, pooled] : kInceptions) {
    const int n = k.next();
    k.conv(1, in, one, n);
    k.conv(1, in, reduced3, n + 1);
    k.conv(3, reduced3, three, n + 3);
    k.conv(1, in, reduced5, n + 2);
    k.conv(3, reduced5, five, n + 4);
    k.conv(1, in, pooled, n + 5);
    in = one + three + five + pooled;
  }
  k.dense(in, classes);
}

// Three layers in front, two 3x3 for a 5x5; numbered as they are listed.
inline void cifar100_googlenet(Kernels& k, int64_t classes) {
  k.conv(3, 3, 64);
  k.conv(3, 64, 64);
  k.conv(3, 64, 192);
  int64_t in = 192;
  for (const auto& [one, reduced3, three, reduced5, five, pooled] : kInceptions) {
    k.conv(1, in, one);
    k.conv(1, in, reduced3);
    k.conv(3, reduced3, three);
    k.conv(1, in, reduced5);
    k.conv(3, reduced5, five);
    k.conv(3, five, five);
    k.conv(1, in, pooled);
    in = one + three + five + pooled;
  }
  k.dense(in, classes);
}

// Throws std::invalid_argument if no list of it was published.
inline std::vector<SampledKernel> published_network(const std::string& dataset, const std::string& network) {
  const bool is_cifar100 = dataset == "CIFAR100";
  const int64_t classes = is_cifar100 ? 100 : dataset == "GTSRB" ? 43 : 10;
  Kernels k;
  if (network == "ResNet18") {
    resnet18(k, classes);
  } else if (network.starts_with("ResNet")) {
    cifar_resnet(k, std::stoi(network.substr(6)), classes);
  } else if (network == "Vgg11_bn") {
    vgg(k, {1, 1, 2, 2, 2}, classes);
  } else if (network == "Vgg13_bn") {
    vgg(k, {2, 2, 2, 2, 2}, classes);
  } else if (network == "DenseNet121") {
    densenet(k, 64, 32, {6, 12, 24, 16}, classes);
  } else if (network == "DenseNet161") {
    densenet(k, 96, 48, {6, 12, 36, 24}, classes);
  } else if (network == "MobileNetV2") {
    mobilenet_v2(k, classes);
  } else if (network == "GoogLeNet") {
    is_cifar100 ? cifar100_googlenet(k, classes) : googlenet(k, classes);
  } else {
    throw std::invalid_argument(network);
  }
  return k.all;
}

}  // namespace tf_injector::detail::test
