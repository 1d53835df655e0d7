// Values of flags: text -> number, size, triple; every refusal names the flag and shows what was given.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tf_injector::detail::cli {

// The value of a flag that names a file, where standard output is meant.
inline constexpr const char* kStandardOutput = "-";

// All throw Error(usage). `flag` as the user types it ("--limit"). CLI11's own conversions read
// 010 as 8 and 0x10 as 16 and take no 1.5G, and its validators suggest nothing.

// A decimal integer of at least `least` and at most `most`.
[[nodiscard]] int64_t parse_integer(const std::string& flag, const std::string& text, int64_t least,
                                    int64_t most);
// Bytes: "4G", "512M", "1.5G" (powers of 1024, also "4GiB"), "4GB" (powers of 1000), a plain number. At
// least 1.
[[nodiscard]] uint64_t parse_size(const std::string& flag, const std::string& text);
// "0.4914,0.4822,0.4465": three finite numbers, read as double and rounded to float, as Python does.
[[nodiscard]] std::array<float, 3> parse_triple(const std::string& flag, const std::string& text);
// A finite number: "0.01", "1e-3".
[[nodiscard]] double parse_number(const std::string& flag, const std::string& text);
// Bits of a float32: "0-31", "30,31", "0-22,31". Numbers from 0 to 31.
[[nodiscard]] std::vector<int> parse_bits(const std::string& flag, const std::string& text);
// "A,B,C": names between commas, none of them empty.
[[nodiscard]] std::vector<std::string> parse_names(const std::string& flag, const std::string& text);
// One of `choices`; suggests the nearest.
[[nodiscard]] std::string parse_choice(const std::string& flag, const std::string& text,
                                       const std::vector<std::string>& choices);

}  // namespace tf_injector::detail::cli
