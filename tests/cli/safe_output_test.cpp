// Whatever stands in a file or in its name, nothing that a terminal obeys comes out.
#include "cli/console/safe_output.hpp"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "cli/console/console.hpp"
#include "core/printable.hpp"

namespace tf_injector::detail::cli {
namespace {

// Pieces of which random texts are made: plain, control characters of one to three bytes, damaged UTF-8.
const std::string_view kPieces[] = {"conv2d",
                                    " ",
                                    "\n",
                                    "\t",
                                    "\r",
                                    "\x1b[2J",
                                    "\x1b]0;title\a",
                                    "\b",
                                    "\x7f",
                                    "\xc2\x9b"
                                    "31m",
                                    "\x9b"
                                    "31m",
                                    "\x85",
                                    "\xe2\x80\xae",
                                    "\xe2\x80\xa8",
                                    "\xe2\x81\xa6",
                                    "\xd8\x9c",
                                    "\xc3\xa9",
                                    "\xe4\xb8\xad",
                                    "\xf0\x9f\x98\x80",
                                    "\xff",
                                    "\xe2\x80",
                                    "\xc2",
                                    "\xf0\x9f",
                                    std::string_view("\0", 1)};

std::string random_text(std::mt19937& random) {
  std::string text;
  for (size_t left = random() % 12; left > 0; --left) {
    if (random() % 4 == 0) {
      text += static_cast<char>(random());
    } else {
      text += kPieces[random() % std::size(kPieces)];
    }
  }
  return text;
}

// Nothing but line ends, tabs, and what is shown. The list of what terminals obey is that of Unicode and
// ECMA-48.
void expect_safe(const std::string& text) {
  for (const char* obeyed :
       {"\xc2\x80", "\xc2\x9b", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x81\xa6",
        "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9"})
    EXPECT_EQ(text.find(obeyed), std::string::npos) << testing::PrintToString(text);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    EXPECT_TRUE(byte == '\n' || byte == '\t' || (byte >= 0x20 && byte != 0x7F))
        << testing::PrintToString(text);
    const bool continues = i > 0 && static_cast<unsigned char>(text[i - 1]) >= 0x80;
    EXPECT_TRUE(byte < 0x80 || byte > 0x9F || continues) << testing::PrintToString(text);
  }
}

TEST(TerminalSafe, ForAnyText) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random);
    const std::string safe = terminal_safe(text);
    expect_safe(safe);
    EXPECT_EQ(terminal_safe(safe), safe);
  }
}

TEST(TerminalSafe, ByHand) {
  EXPECT_EQ(terminal_safe("a\x1b[2J\r\n\tb\x7f"), "a\\x1b[2J\\x0d\n\tb\\u007f");
  EXPECT_EQ(terminal_safe("\xc2\x9b"
                          "31m\xe2\x80\xae\x9b"),
            "\\u009b31m\\u202e\\x9b");
  EXPECT_EQ(terminal_safe("d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80 \xff"),
            "d\xc3\xa9j\xc3\xa0 \xf0\x9f\x98\x80 \xff");
  // An escape in more bytes than it needs is no character: no byte of it is lost.
  EXPECT_EQ(terminal_safe("\xe0\x80\x9b[2J"), "\xe0\\x80\\x9b[2J");
}

// Cut anywhere, text comes out as if it were written at once.
TEST(SafeOutput, PiecesAreTheWhole) {
  std::mt19937 random(4);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = random_text(random);
    std::stringbuf target;
    SafeOutput buffer(&target, SafeText());
    std::ostream out(&buffer);
    for (size_t at = 0; at < text.size();) {
      const size_t size = 1 + random() % 3;
      out << text.substr(at, size);
      at += size;
    }
    out.flush();
    expect_safe(target.str());
    EXPECT_EQ(target.str(), terminal_safe(text)) << testing::PrintToString(text);
  }
}

TEST(SafeOutput, LineEndsOfTheCommandLineDoNotSplitLines) {
  const SafeText safe({"inspect", "a\nb.keras", "--data=x\ny"});
  EXPECT_EQ(safe("a\nb.keras: bad\nx\ny/z: worse\na\nb"), "a\\x0ab.keras: bad\nx\\x0ay/z: worse\na\nb");
}

TEST(SafeOutput, EveryWayToStandardError) {
  for (const ProgressMode mode :
       {ProgressMode::none, ProgressMode::lines, ProgressMode::bar, ProgressMode::json}) {
    std::ostringstream out;
    const auto console = make_console(
        {mode, false}, out, [] { return Terminal(); }, SafeText({"x\ny"}));
    console->message("x\ny\x1b[2J");
    console->warning("x\ny\xe2\x80\xae");
    Transfer transfer;
    transfer.file = "x\ny\x1b[2J";
    transfer.seconds = 100;
    console->progress(transfer);
    console->error("x\ny\x07", 3, "");
    expect_safe(out.str());
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) EXPECT_NE(line[0], 'y') << out.str();
  }
}

}  // namespace
}  // namespace tf_injector::detail::cli
