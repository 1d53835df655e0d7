// CIFAR test sets: pickles as CPython writes them (tests/data/pickles), the binary version, and damaged ones.
#include "data/cifar/cifar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cifar_example.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using test::cifar_pixels;
using test::cifar_records;
using test::example_pickle;
using testing::AllOf;
using testing::HasSubstr;

std::vector<uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

// The message of the DatasetError that reading the pickle ends in: one line that names the file.
std::string refusal(const CifarSet& set, const std::string& pickle) {
  try {
    static_cast<void>(read_cifar_pickle(set, bytes_of(pickle), "some/file"));
  } catch (const DatasetError& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_THAT(message, testing::StartsWith("some/file: "));
    return message;
  }
  return "not refused";
}

void expect_two_images(const Dataset& dataset, const std::vector<int32_t>& labels) {
  ASSERT_EQ(dataset.inputs.size(), 1u);
  EXPECT_EQ(dataset.inputs[0].name, "");
  EXPECT_EQ(dataset.inputs[0].shape, (std::vector<int64_t>{32, 32, 3}));
  EXPECT_FALSE(dataset.inputs[0].is_float);
  EXPECT_EQ(dataset.inputs[0].bytes, cifar_pixels());
  EXPECT_EQ(dataset.labels, labels);
}

class Cifar10Pickles : public testing::TestWithParam<const char*> {};

TEST_P(Cifar10Pickles, GiveTheImagesAndLabels) {
  const Dataset dataset = read_cifar_pickle(cifar10(), bytes_of(example_pickle(GetParam())), "f");
  expect_two_images(dataset, {3, 8});
}

INSTANTIATE_TEST_SUITE_P(All, Cifar10Pickles,
                         testing::Values("python2_cifar10", "protocol2_cifar10", "protocol3_cifar10",
                                         "protocol4_cifar10", "protocol5_cifar10", "numpy2_cifar10",
                                         "fortran_cifar10", "fortran_planes_cifar10", "scalars_cifar10"),
                         [](const auto& case_info) { return std::string(case_info.param); });

TEST(Cifar100Pickle, TakesTheFineLabels) {
  for (const char* name : {"python2_cifar100", "protocol2_cifar100"}) {
    SCOPED_TRACE(name);
    expect_two_images(read_cifar_pickle(cifar100(), bytes_of(example_pickle(name)), "f"), {99, 0});
  }
}

TEST(CifarPickle, CutAnywhereIsOneClearError) {
  for (const char* name : {"python2_cifar10", "protocol2_cifar10", "protocol5_cifar10"}) {
    const std::string whole = example_pickle(name);
    for (size_t size = 0; size < whole.size(); size += (size < 300 || size + 300 > whole.size()) ? 1 : 97) {
      const std::string message = refusal(cifar10(), whole.substr(0, size));
      EXPECT_NE(message, "not refused") << name << " cut to " << size;
    }
  }
}

TEST(CifarPickle, OfAnotherSetNamesItsKeys) {
  EXPECT_THAT(refusal(cifar10(), example_pickle("python2_cifar100")),
              AllOf(HasSubstr("no 'labels'"), HasSubstr("'fine_labels'")));
  EXPECT_THAT(refusal(cifar100(), example_pickle("python2_cifar10")), HasSubstr("no 'fine_labels'"));
}

TEST(CifarPickle, OtherGlobalsAreRefusedByName) {
  const std::string evil = std::string("\x80\x02", 2) + "cos\nsystem\nU\x04true\x85R.";
  EXPECT_THAT(refusal(cifar10(), evil), HasSubstr("'os.system'"));
  const std::string named = std::string("\x80\x04", 2) +
                            "\x8c\x08"
                            "builtins"
                            "\x8c\x04"
                            "eval"
                            "\x93.";
  EXPECT_THAT(refusal(cifar10(), named), HasSubstr("'builtins.eval'"));
}

TEST(CifarPickle, UnknownOperationsAndProtocolsAreRefused) {
  EXPECT_THAT(refusal(cifar10(), std::string("\x80\x02Pid\n.", 7)), HasSubstr("operation 0x50"));
  EXPECT_THAT(refusal(cifar10(), "(dp0\n."), HasSubstr("protocol 2 to 5"));
  EXPECT_THAT(refusal(cifar10(), std::string("\x80\x06N.", 4)), HasSubstr("protocol 2 to 5"));
  EXPECT_THAT(refusal(cifar10(), ""), HasSubstr("protocol 2 to 5"));
  EXPECT_THAT(refusal(cifar10(), std::string("\x80\x02N.", 4)), HasSubstr("no dict"));
}

TEST(CifarPickle, WrongTypesSizesAndLabelsAreRefused) {
  const std::string good = example_pickle("python2_cifar10");
  EXPECT_THAT(refusal(cifar10(), replaced(good,
                                          "(K\x03K\x08"
                                          "e",
                                          "(K\x03K\x0A"
                                          "e")),
              HasSubstr("label 10 of image 1"));
  EXPECT_THAT(refusal(cifar10(), replaced(good,
                                          "K\x08"
                                          "e",
                                          "e")),
              HasSubstr("2 images, but 1 labels"));
  EXPECT_THAT(refusal(cifar10(), replaced(good, "U\x02u1", "U\x02i1")), HasSubstr("'|i1'"));
  const std::string rows = "K\x02M" + std::string("\x00\x0C", 2);
  const std::string other_rows = "K\x03M" + std::string("\x00\x08", 2);  // 3 x 2048 are as many bytes
  EXPECT_THAT(refusal(cifar10(), replaced(good, rows, "NN")), HasSubstr("no size"));
  EXPECT_THAT(refusal(cifar10(), replaced(good, rows, other_rows)), HasSubstr("(3, 2048)"));
  EXPECT_THAT(refusal(cifar10(), replaced(good, rows, "K\x03M" + std::string("\x00\x0C", 2))),
              HasSubstr("announce 9216 bytes, there are 6144"));
}

TEST(CifarPickle, MemoryAndTimeStayBoundedWhateverThePickleSays) {
  const std::string start("\x80\x02", 2);
  // A tuple of itself, ten thousand deep: values are shared, never expanded.
  std::string doubled = start + "K\x01";
  for (int i = 0; i < 10000; ++i) doubled += "q\x01h\x01\x86";
  EXPECT_THAT(refusal(cifar10(), doubled + "."), HasSubstr("no dict"));
  EXPECT_THAT(refusal(cifar10(), start + std::string(100000, '(') + "."), HasSubstr("nested too deeply"));
  EXPECT_THAT(refusal(cifar10(), start + std::string(3000000, 'N') + "."), HasSubstr("more than"));
  // One text that becomes bytes again and again.
  std::string text = start + "X" + std::string("\x00\x10\x00\x00", 4) + std::string(4096, 'a') + "q\x01X" +
                     std::string("\x06\x00\x00\x00", 4) + "latin1q\x02" + "c_codecs\nencode\nq\x03";
  for (int i = 0; i < 1000; ++i) text += "h\x03h\x01h\x02\x86R0";
  EXPECT_THAT(refusal(cifar10(), text + "."), HasSubstr("many times"));
}

TEST(CifarBinary, GivesTheImagesAndTheLastLabelOfEach) {
  expect_two_images(read_cifar_binary(cifar10(), bytes_of(cifar_records({"\x03", "\x08"})), "f"), {3, 8});
  const std::vector<std::string> two_labels{"\x01\x63", std::string("\x02\x00", 2)};
  expect_two_images(read_cifar_binary(cifar100(), bytes_of(cifar_records(two_labels)), "f"), {99, 0});
}

TEST(CifarBinary, WrongSizesAndLabelsAreRefused) {
  const std::string good = cifar_records({"\x03", "\x08"});
  EXPECT_THROW(static_cast<void>(read_cifar_binary(cifar10(), bytes_of(good.substr(1)), "f")), DatasetError);
  EXPECT_THROW(static_cast<void>(read_cifar_binary(cifar10(), {}, "f")), DatasetError);
  EXPECT_THROW(static_cast<void>(read_cifar_binary(cifar100(), bytes_of(good), "f")), DatasetError);
  EXPECT_THROW(static_cast<void>(read_cifar_binary(cifar10(), bytes_of(cifar_records({"\x0A"})), "f")),
               DatasetError);
}

}  // namespace
}  // namespace tf_injector::detail::data
