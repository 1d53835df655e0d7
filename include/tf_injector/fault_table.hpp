// Many faults in little memory: 24 bytes for each that inverts one bit of a kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tf_injector/fault.hpp"

namespace tf_injector {

class FaultTable {
 public:
  FaultTable() = default;
  // Throws what `add` throws.
  explicit FaultTable(std::span<const Fault> faults);
  FaultTable(std::initializer_list<Fault> faults) : FaultTable(std::span(faults.begin(), faults.size())) {}

  // Throws Error(usage): it has no part.
  void add(const Fault& fault);
  // The fault that inverts one bit of one element of a layer's kernel.
  void add(int64_t id, std::string_view layer, std::span<const int64_t> index, int bit) {
    add(id, layer_number(layer), index, bit);
  }
  // The same; `layer` is a number of layer_names().
  void add(int64_t id, uint32_t layer, std::span<const int64_t> index, int bit);
  // The layer's number in layer_names(): of a name that is there, or nothing; of one that is added if need
  // be.
  [[nodiscard]] std::optional<uint32_t> known_layer(std::string_view name) const noexcept;
  uint32_t layer_number(std::string_view name);
  // Makes room for so many in all.
  void reserve(size_t rows) { rows_.reserve(rows); }

  [[nodiscard]] size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] Fault operator[](size_t row) const;
  [[nodiscard]] int64_t id(size_t row) const noexcept { return rows_[row].id; }
  // -1: of a fault that does not invert one bit of a kernel.
  [[nodiscard]] int bit(size_t row) const noexcept { return rows_[row].bit; }
  // The others, all of them.
  [[nodiscard]] std::span<const Fault> extended() const noexcept { return extended_; }
  // The layer as a number of layer_names(), each of which is there once. Of several parts that of the first.
  [[nodiscard]] uint32_t layer(size_t row) const noexcept { return rows_[row].layer; }
  [[nodiscard]] const std::vector<std::string>& layer_names() const noexcept { return names_; }
  // `index` becomes that of the row; of several parts that of the first.
  void copy_index(size_t row, std::vector<int64_t>& index) const;
  [[nodiscard]] uint64_t memory_bytes() const noexcept;

 private:
  struct Row {
    int64_t id;
    uint64_t index;  // 64 / rank bits an axis, the last one lowest; or a place in long_indices_
    uint32_t layer;
    int16_t bit;
    uint8_t rank;  // kLong: in long_indices_; kExtended: in extended_
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  static constexpr uint8_t kLong = 255, kExtended = 254;

  [[nodiscard]] static bool pack(std::span<const int64_t> index, uint64_t& packed) noexcept;

  std::vector<Row> rows_;
  std::vector<std::vector<int64_t>> long_indices_;  // that do not fit into 64 bits
  std::vector<Fault> extended_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, uint32_t, Hash, std::equal_to<>> numbers_;  // of the names
};

// Neighbouring rows of a table, which must outlive them. Faults are made when they are asked for.
class FaultRows {
 public:
  FaultRows() = default;
  FaultRows(const FaultTable& table) noexcept : table_(&table), count_(table.size()) {}

  [[nodiscard]] size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] Fault operator[](size_t row) const { return (*table_)[first_ + row]; }
  [[nodiscard]] int64_t id(size_t row) const noexcept { return table_->id(first_ + row); }
  [[nodiscard]] int bit(size_t row) const noexcept { return table_->bit(first_ + row); }
  // Up to `count` rows from row `first` on, which is at most size().
  [[nodiscard]] FaultRows subspan(size_t first,
                                  size_t count = std::numeric_limits<size_t>::max()) const noexcept;
  [[nodiscard]] std::vector<Fault> faults() const { return {begin(), end()}; }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Fault;
    using difference_type = std::ptrdiff_t;
    using pointer = const Fault*;
    using reference = Fault;
    Iterator(const FaultTable* table, size_t row) noexcept : table_(table), row_(row) {}
    Fault operator*() const { return (*table_)[row_]; }
    Iterator& operator++() noexcept {
      ++row_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept { return a.row_ == b.row_; }

   private:
    const FaultTable* table_;
    size_t row_;
  };
  [[nodiscard]] Iterator begin() const noexcept { return {table_, first_}; }
  [[nodiscard]] Iterator end() const noexcept { return {table_, first_ + count_}; }

 private:
  const FaultTable* table_ = nullptr;
  size_t first_ = 0, count_ = 0;
};

}  // namespace tf_injector
