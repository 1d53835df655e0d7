#include "report/run_metadata.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <span>
#include <utility>

#include "core/json.hpp"
#include "core/later_version.hpp"
#include "core/printable.hpp"
#include "data/preprocess.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr const char* kOverwritten = "overwritten";

constexpr int kSchema = 4;           // grows when a reader of the old form would misread the new one
constexpr int kFloat32Schema = 3;    // of weights stored as float32: older versions read it too
constexpr int kWholeListSchema = 2;  // of them what is no shard

Json triple_or_null(const std::optional<std::array<float, 3>>& values) {
  return values ? json_list(*values) : Json(nullptr);
}

template <typename T>
std::optional<T> optional_value(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<T>();
}

std::optional<std::array<float, 3>> optional_triple(const Json& json) {
  if (json.is_null()) return std::nullopt;
  std::array<float, 3> triple{};
  for (size_t i = 0; i < triple.size(); ++i) triple[i] = json[i].get<float>();
  return triple;
}

int schema_of(const RunSettings& s) {
  if (s.storage != StorageFormat::float32) return kSchema;
  return s.shard ? kFloat32Schema : kWholeListSchema;
}

Json settings_json(const RunSettings& s) {
  Json json{{"model_sha256", s.model_sha256},
            {"fault_list_sha256", s.fault_list_sha256},
            {"data_sha256", s.data_sha256},
            {"batch_size", s.batch_size},
            {"use_tf", s.use_tensorflow_preprocessing},
            {"resume_from", json_or_null(s.resume_from)},
            {"limit", json_or_null(s.limit)},
            {"output", s.output},
            {"threshold", json_or_null(s.threshold)}};
  if (s.storage != StorageFormat::float32) json["storage"] = storage_name(s.storage);
  return json;
}

Json preprocess_json(const RunMetadata& m) {
  return {{"how", json_or_null(m.settings.preprocessing)},
          {"why", m.preprocessing_reason},
          {"mean", triple_or_null(m.settings.mean)},
          {"std", triple_or_null(m.settings.std)},
          {"resize", m.settings.resize}};
}

// Takes the whole metadata, because up to schema 1 the preprocessing was part of the settings.
void read_preprocessing(const Json& json, RunMetadata& m) {
  const bool is_own = json.contains("preprocess");
  const Json& of = json.at(is_own ? "preprocess" : "settings");
  if (is_own) {
    m.settings.preprocessing = optional_value<std::string>(of.at("how"));
    of.at("why").get_to(m.preprocessing_reason);
  }
  m.settings.mean = optional_triple(of.at("mean"));
  m.settings.std = optional_triple(of.at("std"));
  of.at("resize").get_to(m.settings.resize);
}

RunSettings settings_of(const Json& json) {
  RunSettings s;
  json.at("model_sha256").get_to(s.model_sha256);
  json.at("fault_list_sha256").get_to(s.fault_list_sha256);
  json.at("data_sha256").get_to(s.data_sha256);
  json.at("batch_size").get_to(s.batch_size);
  json.at("use_tf").get_to(s.use_tensorflow_preprocessing);
  s.resume_from = optional_value<int64_t>(json.at("resume_from"));
  s.limit = optional_value<int64_t>(json.at("limit"));
  json.at("output").get_to(s.output);
  if (json.contains("threshold")) s.threshold = optional_value<float>(json.at("threshold"));
  if (const Json* storage = json.find("storage")) {
    const std::optional<StorageFormat> format = storage_named(storage->text());
    if (!format) throw JsonError("`storage` is none that there is");
    s.storage = *format;
  }
  return s;
}

Json configuration_json(const Configuration& configuration) {
  Json flags = Json::object();
  for (const GivenFlag& flag : configuration.flags) {
    flags[flag.name] = flag.values.empty()       ? Json(true)
                       : flag.values.size() == 1 ? Json(flag.values.front())
                                                 : json_list(flag.values);
  }
  return {{"file", configuration.file.empty() ? Json(nullptr) : Json(configuration.file)}, {"flags", flags}};
}

Configuration configuration_of(const Json& json) {
  Configuration configuration;
  if (!json.at("file").is_null()) json.at("file").get_to(configuration.file);
  const Json& flags = json.at("flags");
  for (const std::string& name : flags.keys()) {
    const Json& value = flags.at(name);
    GivenFlag flag{.name = name, .values = {}};
    if (value.is_array()) {
      for (const Json& word : value) flag.values.push_back(word.text());
    } else if (value.is_string()) {
      flag.values.push_back(value.text());
    }
    configuration.flags.push_back(std::move(flag));
  }
  return configuration;
}

Json steps_json(const std::vector<StepInfo>& steps) {
  Json list = Json::array();
  for (const StepInfo& step : steps)
    list.push_back(Json{{"layer", step.path}, {"op", step.op}, {"kernel", step.kernel}});
  return list;
}

std::vector<StepInfo> steps_of(const Json& json) {
  std::vector<StepInfo> steps;
  for (const Json& step : json) {
    steps.push_back({.path = step.at("layer").get<std::string>(),
                     .op = step.at("op").get<std::string>(),
                     .kernel = step.at("kernel").get<std::string>()});
  }
  return steps;
}

Json confusion_json(std::span<const int64_t> confusion, int64_t of_classes) {
  if (confusion.empty()) return nullptr;
  Json table = Json::array();
  const auto classes = static_cast<size_t>(of_classes);
  for (size_t golden = 0; golden < classes; ++golden)
    table.push_back(json_list(confusion.subspan(golden * classes, classes)));
  return table;
}

Json details_json(const RunMetadata& m) {
  const DetailsMetadata& details = *m.details;
  Json pending(nullptr);
  if (m.pending) {
    pending = {{"bytes", m.pending->details_bytes},
               {"sha256", m.pending->details_sha256},
               {"confusion", confusion_json(m.pending->confusion, m.classes)}};
  }
  return {{"file", details.file},
          {"rows", m.rows},
          {"bytes", details.bytes},
          {"sha256", details.sha256},
          {"confusion", confusion_json(details.confusion, m.classes)},
          {"pending", pending}};
}

// What was counted: so large that no run reaches it, so small that sums of them fit into an int64_t.
int64_t count_of(const Json& json) {
  constexpr int64_t kMost = int64_t{1} << 46;
  if (!json.is_integer_within(0, kMost)) throw JsonError("a count is no whole number from 0 to 2^46");
  return json.get<int64_t>();
}

std::vector<int64_t> confusion_of(const Json& rows, int64_t classes) {
  std::vector<int64_t> confusion;
  if (rows.is_null()) return confusion;
  const auto require_classes = [classes](const Json& list) {
    if (!list.is_array() || static_cast<int64_t>(list.size()) != classes)
      throw JsonError("`confusion` is no table of the classes");
  };
  require_classes(rows);
  for (const Json& row : rows) {
    require_classes(row);
    for (const Json& images : row) confusion.push_back(count_of(images));
  }
  return confusion;
}

DetailsMetadata details_of(const Json& json, int64_t classes) {
  DetailsMetadata details;
  json.at("file").get_to(details.file);
  json.at("bytes").get_to(details.bytes);
  json.at("sha256").get_to(details.sha256);
  details.confusion = confusion_of(json.at("confusion"), classes);
  return details;
}

Json pending_json(const std::optional<PendingBlock>& pending) {
  if (!pending) return nullptr;
  return {{"rows", pending->rows}, {"bytes", pending->bytes}, {"sha256", pending->sha256}};
}

// `report`, `details`: of the metadata; the latter null where there are none.
std::optional<PendingBlock> pending_of(const Json& report, const Json* details, int64_t classes) {
  const Json* block = report.find("pending");
  if (block == nullptr || block->is_null()) return std::nullopt;
  PendingBlock pending;
  pending.rows = count_of(block->at("rows"));
  block->at("bytes").get_to(pending.bytes);
  block->at("sha256").get_to(pending.sha256);
  if (details == nullptr) return pending;
  const Json& more = details->at("pending");
  more.at("bytes").get_to(pending.details_bytes);
  more.at("sha256").get_to(pending.details_sha256);
  pending.confusion = confusion_of(more.at("confusion"), classes);
  return pending;
}

Json layers_json(const std::vector<KernelLayer>& layers) {
  Json list = Json::array();
  for (const KernelLayer& layer : layers) {
    list.push_back(Json{
        {"name", layer.name}, {"class", layer.class_name}, {"kernel_shape", json_list(layer.kernel_shape)}});
  }
  return list;
}

std::vector<KernelLayer> layers_of(const Json& json) {
  std::vector<KernelLayer> layers;
  for (const Json& row : json) {
    KernelLayer layer{
        .name = row.at("name").text(), .class_name = row.at("class").text(), .kernel_shape = {}};
    for (const Json& size : row.at("kernel_shape")) layer.kernel_shape.push_back(size.get<int64_t>());
    layers.push_back(std::move(layer));
  }
  return layers;
}

Json shard_json(const ShardRows& s) {
  return {{"index", s.shard.index},
          {"of", s.shard.of},
          {"first_row", s.first_row},
          {"rows", s.rows},
          {"list_rows", s.list_rows}};
}

std::optional<ShardRows> shard_of(const Json* json) {
  if (json == nullptr || json->is_null()) return std::nullopt;
  ShardRows s;
  s.shard.index = count_of(json->at("index"));
  s.shard.of = count_of(json->at("of"));
  s.first_row = count_of(json->at("first_row"));
  s.rows = count_of(json->at("rows"));
  s.list_rows = count_of(json->at("list_rows"));
  if (s.shard.of > kMostShards || s.shard.index >= s.shard.of || s.first_row > s.list_rows ||
      s.rows > s.list_rows - s.first_row)
    throw JsonError("`shard` is no shard that there can be");
  return s;
}

Json metadata_json(const RunMetadata& m) {
  return {{"schema", schema_of(m.settings)},
          {"tool", {{"name", "tf_injector"}, {"version", m.tool_version}}},
          {"state", m.is_overwritten ? kOverwritten
                    : m.finished     ? "finished"
                                     : "running"},
          {"command_line", json_list(m.command_line)},
          {"report",
           {{"file", m.report},
            {"rows", m.rows},
            {"bytes", m.report_bytes},
            {"sha256", m.report_sha256},
            {"pending", pending_json(m.pending)}}},
          {"scores", {{"mode", m.scores}, {"folder", m.score_folder}}},
          {"files", {{"model", m.model_path}, {"data", m.data_path}, {"fault_list", m.fault_list_path}}},
          {"keras_version", m.keras_version},
          {"settings", settings_json(m.settings)},
          {"preprocess", preprocess_json(m)},
          {"images", m.images},
          {"classes", m.classes},
          {"faults", m.faults},
          {"machine",
           {{"cpu", m.cpu},
            {"threads", m.threads},
            {"threads_source", m.threads_source},
            {"tile", m.tile},
            {"kernels", m.kernels}}},
          {"layers", layers_json(m.layers)},
          {"steps", steps_json(m.steps)},
          {"started", m.started},
          {"updated", m.updated},
          {"seconds", m.seconds},
          {"check",
           {{"faults", m.check.faults},
            {"pairs", m.check.pairs},
            {"golden_images", m.check.golden_images},
            {"constants", m.check.constants},
            {"golden_again", m.check.golden_again},
            {"seconds", m.check.seconds}}}};
}

// "" where it is not said as it is today.
std::string tool_version_of(const Json& json) {
  const Json* tool = json.find("tool");
  const Json* text = tool == nullptr ? nullptr : tool->find("version");
  return text != nullptr && text->is_string() ? text->text() : "";
}

RunMetadata metadata_of(const Json& json) {
  RunMetadata m;
  json.at("tool").at("version").get_to(m.tool_version);
  m.finished = json.at("state").get<std::string>() == "finished";
  m.is_overwritten = json.at("state").get<std::string>() == kOverwritten;
  for (const Json& word : json.at("command_line")) m.command_line.push_back(word.text());
  if (const Json* config = json.find("config")) m.configuration = configuration_of(*config);
  const Json& report = json.at("report");
  report.at("file").get_to(m.report);
  m.rows = count_of(report.at("rows"));
  report.at("bytes").get_to(m.report_bytes);
  report.at("sha256").get_to(m.report_sha256);
  json.at("scores").at("mode").get_to(m.scores);
  json.at("scores").at("folder").get_to(m.score_folder);
  json.at("files").at("model").get_to(m.model_path);
  json.at("files").at("data").get_to(m.data_path);
  json.at("files").at("fault_list").get_to(m.fault_list_path);
  m.is_extended = json.contains("extended_list");
  if (json.contains("plan")) m.plan = json.at("plan").dump();
  json.at("keras_version").get_to(m.keras_version);
  m.settings = settings_of(json.at("settings"));
  m.settings.shard = shard_of(json.find("shard"));
  read_preprocessing(json, m);
  m.images = count_of(json.at("images"));
  m.classes = count_of(json.at("classes"));
  m.faults = count_of(json.at("faults"));
  const Json* details = json.find("details");
  if (details != nullptr) m.details = details_of(*details, m.classes);
  m.names_pending = report.contains("pending");
  m.pending = pending_of(report, details, m.classes);
  const Json& machine = json.at("machine");
  machine.at("cpu").get_to(m.cpu);
  machine.at("threads").get_to(m.threads);
  machine.at("threads_source").get_to(m.threads_source);
  machine.at("tile").get_to(m.tile);
  machine.at("kernels").get_to(m.kernels);
  m.steps = steps_of(json.at("steps"));
  if (json.contains("layers")) m.layers = layers_of(json.at("layers"));
  json.at("started").get_to(m.started);
  json.at("updated").get_to(m.updated);
  json.at("seconds").get_to(m.seconds);
  if (const Json* check = json.find("check")) {  // not in files of before it
    m.check.faults = count_of(check->at("faults"));
    m.check.pairs = count_of(check->at("pairs"));
    m.check.golden_images = count_of(check->at("golden_images"));
    check->at("seconds").get_to(m.check.seconds);
    if (check->contains("constants")) {  // nor in later ones
      check->at("constants").get_to(m.check.constants);
      check->at("golden_again").get_to(m.check.golden_again);
    }
  }
  return m;
}

Json golden_key_json(const RunMetadata& m) {
  return {{"version", m.tool_version},
          {"settings", settings_json(m.settings)},
          {"preprocess",
           {{"how", json_or_null(m.settings.preprocessing)},
            {"mean", triple_or_null(m.settings.mean)},
            {"std", triple_or_null(m.settings.std)},
            {"resize", m.settings.resize}}},
          {"images", m.images},
          {"classes", m.classes}};
}

std::string text_of(const std::optional<std::array<float, 3>>& values) {
  return values ? fmt::format("{},{},{}", (*values)[0], (*values)[1], (*values)[2]) : "none";
}

std::string text_of(const std::optional<int64_t>& value) {
  return value ? std::to_string(*value) : "not given";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> readable_settings(const RunSettings& s) {
  return {{"the model's SHA-256", s.model_sha256},
          {"the fault list's SHA-256", s.fault_list_sha256},
          {"the data's SHA-256", s.data_sha256},
          {"`batch_size`", std::to_string(s.batch_size)},
          {"`use_tf`", s.use_tensorflow_preprocessing ? "given" : "not given"},
          {"`resume_from`", text_of(s.resume_from)},
          {"`shard`", s.shard ? shard_text(*s.shard) : "not given"},
          {"`storage`", storage_name(s.storage)},
          {"`resize`", s.resize},
          {"the preprocessing", s.preprocessing.value_or("before 8-bit images could be fed as they are")},
          {"the mean of the preprocessing", text_of(s.mean)},
          {"the std of the preprocessing", text_of(s.std)},
          {"`limit`", text_of(s.limit)},
          {"`output`", s.output},
          {"the threshold between two classes", s.threshold ? fmt::format("{}", *s.threshold) : "none"}};
}

std::vector<std::string> differences(const RunSettings& of_report, const RunSettings& now) {
  RunSettings known = of_report;
  const bool is_new =
      now.preprocessing && now.preprocessing->find(data::kBytesAsTheyAre) != std::string::npos;
  if (!known.preprocessing && !is_new) known.preprocessing = now.preprocessing;
  const auto before = readable_settings(known);
  const auto after = readable_settings(now);
  constexpr size_t kWhole = 1000;  // of a hash, a formula, the name of an output
  std::vector<std::string> lines;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].second == after[i].second) continue;
    lines.push_back(fmt::format("{}: {} in the report, {} now", before[i].first,
                                printable(before[i].second, kWhole), printable(after[i].second, kWhole)));
  }
  return lines;
}

void take_pending(RunMetadata& metadata) {
  PendingBlock& block = metadata.pending.value();
  metadata.rows = block.rows;
  metadata.report_bytes = block.bytes;
  metadata.report_sha256 = std::move(block.sha256);
  if (metadata.details) {
    metadata.details->bytes = block.details_bytes;
    metadata.details->sha256 = std::move(block.details_sha256);
    metadata.details->confusion = std::move(block.confusion);
  }
  metadata.pending.reset();
}

std::string golden_key(const RunMetadata& m) { return golden_key_json(m).dump(); }

std::string work_key(const RunMetadata& m) {
  Json key = golden_key_json(m);
  key["faults"] = m.faults;
  key["scores"] = m.scores;
  if (m.settings.shard) key["shard"] = shard_json(*m.settings.shard);
  key["details"] = m.details.has_value();
  key["report"] = {{"rows", m.rows}, {"bytes", m.report_bytes}, {"sha256", m.report_sha256}};
  return key.dump();
}

std::string metadata_text(const RunMetadata& metadata) {
  // Paths may be any bytes, JSON is UTF-8: what is not is replaced.
  Json json = metadata_json(metadata);
  if (metadata.is_extended) json["extended_list"] = true;
  if (!metadata.plan.empty()) json["plan"] = Json::parse(metadata.plan);
  if (metadata.settings.shard) json["shard"] = shard_json(*metadata.settings.shard);
  if (!metadata.configuration.flags.empty()) json["config"] = configuration_json(metadata.configuration);
  if (metadata.details) json["details"] = details_json(metadata);
  return json.dump(2) + "\n";
}

RunMetadata parse_metadata(const std::string& text, const std::string& label) {
  try {
    const Json json = Json::parse(text);
    const auto schema = json.at("schema").get<int64_t>();
    if (schema > kSchema) {
      throw Error(ErrorKind::resume,
                  fmt::format("{}: {}", label, later_version(tool_version_of(json), schema, kSchema)));
    }
    return metadata_of(json);
  } catch (const JsonError& error) {
    throw Error(ErrorKind::resume, fmt::format("{}: no metadata of a report: {}", label, error.what()));
  }
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  utsname machine{};
  return uname(&machine) == 0 ? machine.machine : "unknown";  // /proc/cpuinfo of ARM has no name
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[24];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace tf_injector::detail
