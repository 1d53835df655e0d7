#include "tf_injector/fault_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/block_bytes.hpp"
#include "core/json.hpp"
#include "core/later_version.hpp"
#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "fault/shard_rows.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "session/guarded.hpp"
#include "session/list_data.hpp"
#include "session/model_data.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

void require_listable(std::span<const Fault> faults, const std::string& name) {
  ProblemLines problems;
  for (const Fault& fault : faults)
    if (fault.parts.empty())
      problems.add(fmt::format("{}: fault {}: expected a part, found none", name, fault.id));
  if (!problems.empty()) throw FaultListError(problems.text());
}

// Plans of float32 do not say it.
std::string plan_storage(const Json& plan) {
  const Json* storage = plan.find("storage");
  return storage != nullptr && storage->is_string() ? storage->text() : storage_name(StorageFormat::float32);
}

}  // namespace

FaultTable parse_fault_table(std::string_view csv, const std::string& name) {
  return guarded([&] { return parse_fault_list(csv, name, nullptr).faults; });
}

std::vector<Fault> parse_faults(std::string_view csv, const std::string& name) {
  return guarded([&] { return FaultRows(parse_fault_table(csv, name)).faults(); });
}

std::vector<Fault> read_faults(const std::string& path) {
  return guarded([&] { return FaultRows(read_fault_list(path, nullptr).faults).faults(); });
}

std::string faults_to_csv(std::span<const Fault> faults, const std::string& name) {
  require_listable(faults, name);
  const bool is_extended = !std::all_of(faults.begin(), faults.end(), is_plain);
  const bool has_images =
      std::any_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.image.has_value(); });
  const bool has_calls = std::any_of(faults.begin(), faults.end(), [](const Fault& fault) {
    return std::any_of(fault.parts.begin(), fault.parts.end(),
                       [](const FaultPart& part) { return part.call.has_value(); });
  });
  std::string text = "Injection,Layer,TensorIndex,Bit";
  if (is_extended) text += ",Tensor,Model,Value,Part";
  if (has_images) text += ",Image";
  if (has_calls) text += ",Call";
  text += '\n';
  for (const Fault& fault : faults) {
    for (size_t i = 0; i < fault.parts.size(); ++i) {
      const FaultPart& part = fault.parts[i];
      const bool is_set = std::holds_alternative<SetValue>(part.change);
      const std::string change = bits_text(part.change);
      text += fmt::format("{},{},{},{}", fault.id, csv_field(part.layer), csv_field(format_index(part.index)),
                          is_set ? "" : change);
      if (is_extended)
        text += fmt::format(",{},{},{},{}", tensor_name(part.tensor), model_name(part.change),
                            is_set ? change : "", i);
      if (has_images) text += "," + (fault.image ? std::to_string(*fault.image) : "all");
      if (has_calls) text += "," + (part.call ? std::to_string(*part.call) : "");
      text += '\n';
    }
  }
  return text;
}

FaultList FaultList::read(const std::string& path, const Model& model, const std::atomic<bool>* stop) {
  return guarded([&] {
    FaultList list = list_of(read_fault_list(path, &model.data()->graph, stop), model);
    const std::string plan = path + ".plan.json";
    if (!file_exists(plan)) return list;
    try {
      return list.with_plan(read_text(plan));
    } catch (const Error& error) {  // the list counts, with or without it
      list.notes_.push_back(fmt::format("{}: left unread: {}", plan, error.what()));
      return list;
    }
  });
}

FaultList FaultList::with_plan(const std::string& json) const {
  const auto refuse = [](const std::string& text) { throw Error(ErrorKind::bad_input, text); };
  FaultList list = *this;
  try {
    const Json plan = Json::parse(json);
    if (const Json* schema = plan.find("schema"); schema != nullptr && schema->get<int64_t>() > kPlanSchema)
      refuse(later_version("", schema->get<int64_t>(), kPlanSchema));
    std::string hash;
    plan.at("list_sha256").get_to(hash);
    if (hash != sha256()) refuse("it is the plan of another list than this (SHA-256 " + sha256() + ")");
    const std::string storage = plan_storage(plan), wanted = storage_name(data_->storage);
    if (!data_->model_sha256.empty() && storage != wanted) {
      refuse(fmt::format("it is the plan of a list for weights that are stored in {}, not {} (`storage`)",
                         printable(storage), wanted));
    }
    list.plan_ = plan.dump();
  } catch (const JsonError& error) {
    refuse(fmt::format("no plan of a list: {}", error.what()));
  }
  return list;
}

FaultList FaultList::parse(std::string_view csv, const std::string& name, const Model& model) {
  return guarded([&] { return list_of(parse_fault_list(csv, name, &model.data()->graph), model); });
}

FaultList FaultList::from_faults(const std::vector<Fault>& faults, const Model& model,
                                 const std::string& name) {
  return guarded([&] { return parse(faults_to_csv(faults, name), name, model); });
}

FaultList detail::list_of(ResolvedFaultList list) {
  return FaultList(
      std::make_shared<const FaultList::Data>(FaultList::Data{.list = std::move(list), .model_sha256 = ""}));
}

FaultList detail::list_of(ResolvedFaultList list, const Model& model) {
  return FaultList(std::make_shared<const FaultList::Data>(
      FaultList::Data{.list = std::move(list), .model_sha256 = model.sha256(), .storage = model.storage()}));
}

void detail::check_model(const FaultList& list, const Model& model) {
  const std::string& fits = list.data()->model_sha256;
  if (fits.empty()) return;
  if (const StorageFormat storage = list.data()->storage; storage != model.storage()) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: the list was made for the model stored in {}, the session has it in {} "
                            "(`storage`); make the list for the model of the session",
                            list.source(), storage_name(storage), storage_name(model.storage())));
  }
  if (fits == model.sha256()) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("{}: the list was made for another model (SHA-256 {}), the session has {} ({}); make the "
                  "list for the model of the session",
                  list.source(), fits, model.source(), model.sha256()));
}

size_t FaultList::size() const noexcept {
  return shard_ ? static_cast<size_t>(shard_->rows) : data_->list.faults.size() - first_;
}
FaultRows FaultList::rows() const noexcept { return FaultRows(data_->list.faults).subspan(first_, size()); }
Fault FaultList::operator[](size_t row) const { return data_->list.faults[first_ + row]; }
const std::string& FaultList::source() const noexcept { return data_->list.path; }
const std::string& FaultList::sha256() const noexcept { return data_->list.sha256; }
std::optional<int64_t> FaultList::begins_at() const noexcept { return begins_at_; }

uint64_t FaultList::memory_bytes() const noexcept {
  return data_->list.faults.memory_bytes() + vector_bytes(data_->list.patches.all()) +
         vector_bytes(data_->list.patches.begins()) + vector_bytes(data_->list.patches.images());
}

size_t FaultList::layers() const {
  if (!data_->list.faults.extended().empty()) {
    std::set<std::string> names;
    for (const Fault fault : rows())
      for (const FaultPart& part : fault.parts) names.insert(part.layer);
    return names.size();
  }
  std::set<WeightId> kernels;  // one per layer, however the list spells its name
  WeightId last = kNoWeight;
  for (const Patch& patch : patches_of(*this).all())
    if (std::exchange(last, patch.weight) != patch.weight) kernels.insert(patch.weight);
  return kernels.size();
}

FaultList FaultList::from(int64_t id) const {
  if (shard_)
    throw Error(ErrorKind::usage, fmt::format("{}: `resume_from` is taken before `shard`", source()));
  const FaultRows all = rows();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all.id(i) != id) continue;
    FaultList rest = *this;
    rest.first_ += i;
    rest.begins_at_ = id;
    return rest;
  }
  const auto range = [&] {
    if (all.empty()) return std::string("the list is empty");
    int64_t least = all.id(0), most = least;
    for (size_t i = 1; i < all.size(); ++i) {
      least = std::min(least, all.id(i));
      most = std::max(most, all.id(i));
    }
    return fmt::format("its {} rows have numbers from {} to {}", all.size(), least, most);
  };
  throw Error(ErrorKind::bad_input,
              fmt::format("{}: no row has the Injection {} of `resume_from`; {}", source(), id, range()));
}

FaultList FaultList::shard(const Shard& shard, const Model& model) const {
  check_model(*this, model);
  if (shard.of < 1 || shard.of > kMostShards || shard.index < 0 || shard.index >= shard.of)
    throw Error(ErrorKind::usage, fmt::format("`shard`: there is no shard {}", shard_text(shard)));
  return this->shard(shard_rows(shard, patches_of(*this), fault_costs(model.data()->graph)));
}

FaultList FaultList::shard(const ShardRows& rows) const {
  const auto all = static_cast<int64_t>(size());
  if (shard_ || rows.list_rows != all || rows.first_row < 0 || rows.first_row > all || rows.rows < 0 ||
      rows.rows > all - rows.first_row) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: shard {} is no part of it; it has {} rows{}", source(), shard_text(rows),
                            all, shard_ ? ", which are a shard already" : ""));
  }
  FaultList part = *this;
  part.first_ += static_cast<size_t>(rows.first_row);
  part.shard_ = rows;
  return part;
}

}  // namespace tf_injector
