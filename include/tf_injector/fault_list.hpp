// A list of faults that fits a model.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/fault_table.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector {

// The rows of a CSV list (Injection,Layer,TensorIndex,Bit) as they stand, for no model yet: whether a model
// has such layers and elements is found when a FaultList is made of them. Throws FaultListError: a line per
// problem, "list.csv:12:9: what: expected ..., found ...", at most 100; Error(bad_input): no such file.
[[nodiscard]] std::vector<Fault> read_faults(const std::string& path);
// The same from text; `name` stands for the file in messages.
[[nodiscard]] std::vector<Fault> parse_faults(std::string_view csv, const std::string& name);
// The same, in less memory than a vector of faults takes.
[[nodiscard]] FaultTable parse_fault_table(std::string_view csv, const std::string& name);
// Such a list of these faults. Throws FaultListError: a fault without a part; `name` stands for the list in
// messages.
[[nodiscard]] std::string faults_to_csv(std::span<const Fault> faults, const std::string& name = "faults");

// Immutable; copies share their rows. Everything that is wrong with a list is found when it is made, all at
// once.
class FaultList {
 public:
  // Reads a CSV list (Injection,Layer,TensorIndex,Bit), block by block. Throws FaultListError: a line per
  // problem, "list.csv:12:9: what: expected ..., found ...", at most 100; Error(bad_input): no such file;
  // Error(interrupted): `stop` became true.
  [[nodiscard]] static FaultList read(const std::string& path, const Model& model,
                                      const std::atomic<bool>* stop = nullptr);
  // The same from text; `name` stands for the file in messages.
  [[nodiscard]] static FaultList parse(std::string_view csv, const std::string& name, const Model& model);
  // Of faults in memory, as if they were read from CSV: places in messages and the hash are those of that
  // text. Throws FaultListError.
  [[nodiscard]] static FaultList from_faults(const std::vector<Fault>& faults, const Model& model,
                                             const std::string& name = "faults");

  [[nodiscard]] size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] Fault operator[](size_t row) const;
  // The same rows, of which ids and bits are had without making faults. Valid while a copy of the list lives.
  [[nodiscard]] FaultRows rows() const noexcept;
  [[nodiscard]] const std::string& source() const noexcept;  // path, or the name given
  [[nodiscard]] const std::string& sha256()
      const noexcept;  // of the whole list's bytes, in hexadecimal digits
  // How the list was drawn (SamplingPlan::json), as it stands in "<list>.plan.json"; "": not known. It goes
  // into a report's metadata.
  [[nodiscard]] const std::string& plan() const noexcept { return plan_; }
  // What is unusual about the files: one line each.
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }
  // The same list with this plan. Throws Error(bad_input): no JSON, or the plan of another list.
  [[nodiscard]] FaultList with_plan(const std::string& json) const;
  // The row from which on a part of a list was taken, by its id; none: from the first.
  [[nodiscard]] std::optional<int64_t> begins_at() const noexcept;
  [[nodiscard]] size_t layers() const;                   // that its faults hit
  [[nodiscard]] uint64_t memory_bytes() const noexcept;  // of all rows of the list

  // The rows from the one with this id on. Throws Error(bad_input): there is none; Error(usage): of a shard.
  [[nodiscard]] FaultList from(int64_t id) const;
  // A part of the rows, cut so that each of the parts is expected to take as long. How that is cut depends on
  // the list and on the shapes of `model`, for which it was made. Throws Error(usage): no such shard, the
  // list of another model, or a list that is a shard already.
  [[nodiscard]] FaultList shard(const Shard& shard, const Model& model) const;
  // The same of rows that are known. Throws Error(usage): this list has no such rows.
  [[nodiscard]] FaultList shard(const ShardRows& rows) const;
  // Nothing: of no shard, all rows.
  [[nodiscard]] const std::optional<ShardRows>& shard() const noexcept { return shard_; }

  struct Data;
  [[nodiscard]] const std::shared_ptr<const Data>& data() const noexcept { return data_; }  // for the library
  [[nodiscard]] size_t first() const noexcept { return first_; }                            // row of `data`
  explicit FaultList(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

 private:
  std::shared_ptr<const Data> data_;
  size_t first_ = 0;
  std::optional<int64_t> begins_at_;
  std::optional<ShardRows> shard_;
  std::string plan_;
  std::vector<std::string> notes_;
};

}  // namespace tf_injector
