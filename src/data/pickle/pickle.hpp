// Reads Python pickles of protocols 2 to 5 as plain data: numbers, strings, lists, tuples, dicts and NumPy
// arrays. No code of a pickle is run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail::data {

using PickleRef = uint32_t;  // index of a value; a value that is referred to several times has one index

struct PickleValue {
  enum class Kind { none, boolean, integer, real, bytes, text, tuple, list, dict, global, dtype, array };

  Kind kind = Kind::none;
  bool fortran_order = false;                     // array: first index fastest
  int64_t integer = 0;                            // boolean, integer; global: which one
  double real = 0;                                // real
  std::span<const uint8_t> bytes{};               // bytes; text in UTF-8; array: its elements as stored
  std::vector<PickleRef> items{};                 // tuple, list: elements; dict: key, value, key, value, ...
  std::string dtype{};                            // dtype, array: as in .npy ("|u1", "<i8", ">i4")
  std::vector<int64_t> shape{};                   // array: as many elements as `bytes` holds
  std::shared_ptr<std::vector<uint8_t>> owned{};  // the memory of `bytes`, if it is not in the file
};

// A pickle in memory. Of the functions and classes that a pickle can name, only those that make bytes and
// NumPy arrays are known, and they are interpreted here; all others are refused by name. Time and memory are
// linear in the size.
class Pickle {
 public:
  // `label` names the file in messages. Throws DatasetError.
  Pickle(std::vector<uint8_t> bytes, const std::string& label);

  // True if a file that starts with these bytes is a pickle of a supported protocol.
  [[nodiscard]] static bool is_pickle(std::span<const uint8_t> start) noexcept;

  [[nodiscard]] const PickleValue& root() const { return values_[root_]; }
  [[nodiscard]] const PickleValue& at(PickleRef ref) const { return values_[ref]; }
  // The value of a key (bytes or text) of a dict; null if there is none.
  [[nodiscard]] const PickleValue* find(const PickleValue& dict, std::string_view key) const;

 private:
  std::vector<uint8_t> input_;
  std::deque<PickleValue> values_;
  PickleRef root_ = 0;
};

}  // namespace tf_injector::detail::data
