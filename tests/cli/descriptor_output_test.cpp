#include "cli/console/descriptor_output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <ostream>
#include <random>
#include <string>

namespace tf_injector::detail::cli {
namespace {

std::string written_to(FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

TEST(DescriptorOutput, WritesEveryByteInOrderHoweverItIsCut) {
  std::mt19937 random(1);
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::tmpfile(), &std::fclose);
  DescriptorOutput buffer(fileno(file.get()));
  std::ostream out(&buffer);
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    std::string piece(random() % (i % 10 == 0 ? 40'000 : 300), ' ');
    for (char& c : piece) c = static_cast<char>(random());
    expected += piece;
    switch (random() % 3) {
      case 0:
        out << piece;
        break;
      case 1:
        out << piece << std::flush;
        break;
      default:
        for (const char c : piece) out.put(c);
    }
  }
  out.flush();
  EXPECT_TRUE(out.good());
  EXPECT_EQ(written_to(file.get()), expected);
}

TEST(DescriptorOutput, WhatCannotBeWrittenIsAnErrorOfTheStream) {
  const int full = ::open("/dev/full", O_WRONLY);
  for (const int descriptor : {full, -1}) {
    for (const size_t size : {1, 8192, 100'000}) {
      DescriptorOutput buffer(descriptor);
      std::ostream out(&buffer);
      out << std::string(size, 'x') << std::flush;
      EXPECT_FALSE(out.good()) << descriptor << " " << size;
    }
  }
  ::close(full);
}

}  // namespace
}  // namespace tf_injector::detail::cli
