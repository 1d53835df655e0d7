// Model, list and data of a report that is verified: given, or read from where its metadata say they are.
#pragma once

#include <optional>
#include <string>

#include "report/run_metadata.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/verify.hpp"

namespace tf_injector::detail {

class LoadedInputs {
 public:
  // All must outlive it. Throws Error(bad_input): something is neither given nor in the metadata.
  LoadedInputs(const VerifyInputs& inputs, const std::optional<RunMetadata>& metadata,
               const std::string& report, const CampaignCallbacks& callbacks);

  // Of the file, before it is read: one that is not what it should be need not be readable.
  [[nodiscard]] std::string model_sha256() const;
  [[nodiscard]] std::string list_sha256() const;
  // In this order. Throw what reading them throws.
  void load_model();
  void load_list();  // from `resume_from` on, and of these the shard
  void load_dataset();

  [[nodiscard]] const Model& model() const { return *model_; }
  [[nodiscard]] const FaultList& list() const { return *list_; }
  [[nodiscard]] const Dataset& dataset() const { return *dataset_; }
  [[nodiscard]] std::string resize() const;
  // As the report's run had it, if the metadata say so. Throws what a Session throws.
  [[nodiscard]] Session make_session() const;

 private:
  void require_places(const std::string& report) const;
  void require_storage(const std::string& report) const;
  [[nodiscard]] std::optional<StorageFormat> given_storage() const;
  [[nodiscard]] SessionOptions recorded_options() const;
  [[nodiscard]] std::string named_dataset() const;
  void say(const std::string& line) const;

  const VerifyInputs& inputs_;
  const std::optional<RunMetadata>& metadata_;
  const CampaignCallbacks& callbacks_;
  std::string model_path_, list_path_, data_path_;
  std::optional<Model> model_;
  std::optional<FaultList> list_;
  std::optional<Dataset> dataset_;
};

}  // namespace tf_injector::detail
