// Preprocessing against NumPy 1.26 and TensorFlow 2.14: every byte value, channel, data set and arithmetic.
// The facts are printed by tests/data/make_facts.py.
#include "data/preprocess.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

struct Fact {
  const char* dataset;  // "": scaled only
  Scaling scaling;
  const char* sha256;                  // of the table 256 x 3
  std::array<uint32_t, 3> middle_row;  // bits of byte value 100
};

const Fact kFacts[] = {
    {"",
     Scaling::numpy,
     "f52863b1a51fb5bbf0c2d456dcbfe3d0ac6c2efdb5a123c239aed6dea19b4d14",
     {0x3EC8C8C9, 0x3EC8C8C9, 0x3EC8C8C9}},
    {"",
     Scaling::tensorflow,
     "fcae0d8a168d8df61de54114b3a94e57afaf9a406b5cd82da468fd25f5123e44",
     {0x3EC8C8CA, 0x3EC8C8CA, 0x3EC8C8CA}},
    {"CIFAR10",
     Scaling::numpy,
     "72a0cc34ab8ee9c03b5d5e1b51ccb034a9c03110bfe5472b95bc9a6a82082cf4",
     {0xBEFB2C86, 0xBEE7343B, 0xBE8A6D21}},
    {"CIFAR10",
     Scaling::tensorflow,
     "1899ce93a5f3a49c9ac70f042700f33fd1c5550b0f8cf733c9ae8aab471e42d2",
     {0xBEFB2C82, 0xBEE73436, 0xBE8A6D1C}},
    {"CIFAR100",
     Scaling::numpy,
     "f8ecb830ae3e5cae45e2ad3adc031edf35e74a7ed14a8c9faca93e5f04ed5e3b",
     {0xBEDC1791, 0xBEBC7612, 0xBE34CFCE}},
    {"CIFAR100",
     Scaling::tensorflow,
     "c272b09fe67deb6606f255b4df9949eabfff2aeed8f06ba3766da4aa76c2de70",
     {0xBEDC178D, 0xBEBC760E, 0xBE34CFC6}},
    {"GTSRB",
     Scaling::numpy,
     "e4e141f76457967f555ad7f0b95ae7f5dc958d5173d5280160fbdb65190e7b52",
     {0x3E42F070, 0x3E9D2AB8, 0x3E87BC05}},
    {"GTSRB",
     Scaling::tensorflow,
     "9f44e0cea39b082e1cd4b270998cea3bf1193d45cd226ab09cd808cdbdd707c4",
     {0x3E42F078, 0x3E9D2ABC, 0x3E87BC08}},
};

std::vector<uint8_t> every_byte_value() {
  std::vector<uint8_t> images;
  for (int value = 0; value < 256; ++value) images.insert(images.end(), 3, static_cast<uint8_t>(value));
  return images;
}

TEST(Preprocess, EveryByteValueIsWhatNumpyAndTensorflowMakeOfIt) {
  const std::vector<uint8_t> images = every_byte_value();
  for (const Fact& fact : kFacts) {
    SCOPED_TRACE(std::string(fact.dataset) + (fact.scaling == Scaling::numpy ? " numpy" : " tensorflow"));
    std::vector<float> out(images.size());
    preprocess(images, 3, {fact.scaling, normalization_of(fact.dataset)}, out);
    for (size_t c = 0; c < 3; ++c) EXPECT_EQ(std::bit_cast<uint32_t>(out[300 + c]), fact.middle_row[c]);
    EXPECT_EQ(sha256_of(out.data(), out.size() * sizeof(float)), fact.sha256);
  }
}

TEST(Preprocess, FloatImagesAreCopiedOrNormalizedStepByStep) {
  const std::vector<float> images{0.25f,         -0.0f, 1.0f, std::numeric_limits<float>::infinity(),
                                  std::nanf(""), 1e-45f};
  std::vector<float> out(images.size());
  preprocess(images, 3, {}, out);
  for (size_t i = 0; i < images.size(); ++i)
    EXPECT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(images[i]));

  const auto normalization = normalization_of("CIFAR10");
  preprocess(images, 3, {.normalization = normalization}, out);
  EXPECT_EQ(out[0], (0.25f - 0.4914f) / 0.2023f);
  EXPECT_EQ(out[1], (-0.0f - 0.4822f) / 0.1994f);
  EXPECT_EQ(out[3], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(out[4]));
}

TEST(Preprocess, ByteImagesOfFloatsScaledByNumpyAreTheSame) {
  const std::vector<uint8_t> images = every_byte_value();
  std::vector<float> scaled(images.size()), from_floats(images.size()), from_bytes(images.size());
  preprocess(images, 3, {Scaling::numpy, {}}, scaled);
  preprocess(scaled, 3, {.normalization = normalization_of("GTSRB")}, from_floats);
  preprocess(images, 3, {Scaling::numpy, normalization_of("GTSRB")}, from_bytes);
  EXPECT_EQ(from_floats, from_bytes);
}

TEST(Preprocess, AnyNumberOfChannelsIsScaledButOnlyThreeAreNormalized) {
  const std::vector<uint8_t> images{0, 51, 102, 255};
  std::vector<float> out(4);
  preprocess(images, 1, {Scaling::numpy, {}}, out);
  EXPECT_EQ(out, (std::vector<float>{0.0f, 51.0f / 255.0f, 102.0f / 255.0f, 1.0f}));
  preprocess(images, 4, {Scaling::numpy, {}}, out);
  EXPECT_EQ(out[1], 51.0f / 255.0f);
  EXPECT_THROW(preprocess(images, 1, {Scaling::numpy, normalization_of("CIFAR10")}, out), DatasetError);
  EXPECT_THROW(preprocess(images, 4, {Scaling::numpy, normalization_of("CIFAR10")}, out), DatasetError);
  const std::vector<float> floats(4);
  EXPECT_THROW(preprocess(floats, 4, {.normalization = normalization_of("CIFAR10")}, out), DatasetError);
}

TEST(Preprocess, BytesAreFedAsTheyAre) {
  const std::vector<uint8_t> images = every_byte_value();
  std::vector<float> out(images.size());
  preprocess(images, 3, {}, out);
  EXPECT_EQ(out, (std::vector<float>(images.begin(), images.end())));
}

TEST(Preprocess, SaysItsFormula) {
  const auto normalization = normalization_of("CIFAR10");
  EXPECT_EQ(formula({}), "x");
  EXPECT_EQ(formula({Scaling::numpy, {}}), "x / 255");
  EXPECT_EQ(formula({Scaling::tensorflow, normalization}), "(x * (1 / 255) - mean) / std");
  EXPECT_EQ(formula({Scaling::none, normalization}), "(x - mean) / std");
}

TEST(Preprocess, OnlyTheNamedSetsHaveConstants) {
  EXPECT_TRUE(normalization_of("GTSRB").has_value());
  EXPECT_FALSE(normalization_of("").has_value());
  EXPECT_FALSE(normalization_of("cifar10").has_value());
}

}  // namespace
}  // namespace tf_injector::detail::data
