#include "estimate/estimate_state.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "core/json.hpp"
#include "core/later_version.hpp"
#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kSchema = 4, kSchemaOfUsualStorage = 3, kSchemaWithoutShards = 2, kSchemaWithoutHashes = 1;
constexpr std::string_view kHashLine = "sha256,";
constexpr std::string_view kFinished = "finished";
constexpr const char* kKind = "estimate state";

std::string value_of(const EstimateIdentity& identity, std::string_view name) {
  for (const auto& [known, value] : identity)
    if (known == name) return value;
  return "";
}

// States of whole estimates, and of the usual storage, are as versions without others write them.
std::string header_of(const EstimateIdentity& identity) {
  const bool is_shard = !value_of(identity, kShardOfState).empty();
  const std::string storage = value_of(identity, kStorageOfState);
  const bool is_usual = storage.empty() || storage == kUsualStorage;
  Json json = {{"file", kKind},
               {"schema", !is_usual  ? kSchema
                          : is_shard ? kSchemaOfUsualStorage
                                     : kSchemaWithoutShards}};
  for (const auto& [name, value] : identity) {
    const bool is_left_out = (name == kShardOfState && !is_shard) || (name == kStorageOfState && is_usual);
    if (!is_left_out) json.add(name, value);
  }
  return json.dump() + "\n";
}

// The first line. Throws where the file is no state, or a later version's.
Json parse_header(const std::string& line, const std::string& path) {
  Json json;
  try {
    json = Json::parse(line);
  } catch (const JsonError&) {
  }
  const Json* kind = json.find("file");
  const Json* schema = json.find("schema");
  if (kind == nullptr || !kind->is_string() || kind->text() != kKind || schema == nullptr ||
      !schema->is_integer_within(1, std::numeric_limits<int>::max())) {
    throw Error(ErrorKind::bad_input, fmt::format("{}:1: expected the state of an estimate, found '{}'", path,
                                                  printable(std::string_view(line).substr(0, 60))));
  }
  if (const auto number = schema->get<int64_t>(); number > kSchema)
    throw Error(ErrorKind::resume, fmt::format("{}: {}", path, later_version("", number, kSchema)));
  return json;
}

// Throws where the file belongs to another estimate.
void compare(const Json& json, const EstimateIdentity& identity, const std::string& path) {
  ProblemLines problems;
  for (const auto& [name, value] : identity) {
    const Json* found = json.find(name);
    const std::string before = found != nullptr && found->is_string() ? found->text()
                               : name == kStorageOfState              ? kUsualStorage
                                                                      : "";
    if (before != value)
      problems.add(fmt::format("{}: another estimate: {}: {} in the file, {} now", path, name,
                               before.empty() ? "none" : printable(before), value.empty() ? "none" : value));
  }
  if (!problems.empty()) throw Error(ErrorKind::resume, problems.text());
}

// "12,345,6": false where the line is none of three whole numbers.
bool parse_line(std::string_view line, std::array<int64_t, 3>& numbers) {
  const char *at = line.data(), *end = at + line.size();
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc() || numbers[i] < 0) return false;
    at = stop;
    const bool is_last = i + 1 == numbers.size();
    if (is_last) return at == end;
    if (at == end || *at != ',') return false;
    ++at;
  }
  return false;
}

// The file up to the last line with a hash: what follows was torn. "": there is none yet. Throws
// Error(bad_input): the hash is another. `hash`: becomes that of the part.
std::string_view proven_part(std::string_view text, const std::string& path, Sha256& hash) {
  size_t end = text.rfind('\n') + 1;
  while (end > 0) {
    const size_t begin = end < 2 ? 0 : text.rfind('\n', end - 2) + 1;  // of the last line; npos + 1 is 0
    const std::string_view line = text.substr(begin, end - 1 - begin);
    if (begin > 0 && line.starts_with(kHashLine)) {
      hash.update(text.data(), begin);
      if (line.substr(kHashLine.size()) == hash.hex()) {
        hash.update(text.data() + begin, end - begin);
        return text.substr(0, end);
      }
      throw Error(
          ErrorKind::bad_input,
          fmt::format("{}: was changed after it was written: it has not the SHA-256 that its last lines "
                      "say; restore it, or remove it and begin anew",
                      path));
    }
    end = begin;
  }
  return "";
}

// What the lines behind the first say. Throws Error(bad_input): they are not such lines.
struct StateLines {
  DrawCounts counts;
  int64_t draws = 0;
  bool is_finished = false;
};

// `text`: whole lines behind the first. `images`: of a draw; no count is larger.
StateLines read_lines(std::string_view text, const std::string& path, int64_t images, bool has_hashes,
                      bool is_shard) {
  StateLines lines;
  for (size_t line = 2; !text.empty(); ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(row.size() + 1);
    if (has_hashes && row.starts_with(kHashLine)) continue;
    if (is_shard && row == kFinished) {
      lines.is_finished = true;
      continue;
    }
    std::array<int64_t, 3> numbers{};
    constexpr int64_t kMostDomains = 1 << 20;
    if (!parse_line(row, numbers) || numbers[0] >= kMostDomains) {
      throw Error(ErrorKind::bad_input, fmt::format("{}:{}: expected three whole numbers, found '{}'", path,
                                                    line, printable(row.substr(0, 60))));
    }
    const auto domain = static_cast<size_t>(numbers[0]);
    if (domain >= lines.counts.size()) lines.counts.resize(domain + 1);
    const auto [known, is_new] = lines.counts[domain].try_emplace(numbers[1], numbers[2]);
    if (numbers[2] > images || known->second != numbers[2]) {
      throw Error(
          ErrorKind::bad_input,
          fmt::format("{}:{}: damaged: expected one count, of at most {} images, for each fault, found '{}'",
                      path, line, images, row));
    }
    if (is_new) ++lines.draws;
  }
  return lines;
}

}  // namespace

EstimateState::EstimateState(const std::string& path, const EstimateIdentity& identity, int64_t images)
    : is_shard_(!value_of(identity, kShardOfState).empty()) {
  const bool is_there = file_exists(path);
  file_.emplace(path, is_there ? AppendFile::Mode::open_existing : AppendFile::Mode::create_new);
  const std::string text = is_there ? read_text(path) : "";
  if (text.find('\n') != std::string::npos) {
    go_on(text, identity, path, images);
    return;
  }
  // The first line was torn, if it is the beginning of one that this program writes.
  if (!text.empty() && !header_of(identity).starts_with(text))
    compare(parse_header(text, path), identity, path);
  begin(identity);
}

void EstimateState::begin(const EstimateIdentity& identity) {
  file_->truncate(0);
  append(header_of(identity));
}

void EstimateState::go_on(const std::string& text, const EstimateIdentity& identity, const std::string& path,
                          int64_t images) {
  const size_t header_end = text.find('\n') + 1;
  const Json header = parse_header(text.substr(0, header_end - 1), path);
  has_hashes_ = header.at("schema").get<int64_t>() != kSchemaWithoutHashes;
  std::string_view kept = std::string_view(text).substr(0, text.rfind('\n') + 1);
  if (has_hashes_) kept = proven_part(text, path, hash_);
  compare(header, identity, path);
  if (kept.empty()) return begin(identity);
  StateLines lines = read_lines(kept.substr(header_end), path, images, has_hashes_, is_shard_);
  counts_ = std::move(lines.counts);
  draws_ = lines.draws;
  is_finished_ = lines.is_finished;
  if (kept.size() < text.size()) file_->truncate(kept.size());
}

// Lines and, with them, what proves everything so far.
void EstimateState::append(const std::string& lines) {
  if (!file_) return;
  std::string text = lines;
  if (has_hashes_) {
    hash_.update(lines.data(), lines.size());
    const std::string proof = fmt::format("{}{}\n", kHashLine, hash_.hex());
    hash_.update(proof.data(), proof.size());
    text += proof;
  }
  file_->append(text);
}

std::optional<int64_t> EstimateState::count(size_t domain, int64_t draw) const {
  if (domain >= counts_.size()) return std::nullopt;
  const auto found = counts_[domain].find(draw);
  if (found == counts_[domain].end()) return std::nullopt;
  return found->second;
}

void EstimateState::add(size_t domain, const std::vector<std::pair<int64_t, int64_t>>& counts) {
  if (counts_.size() <= domain) counts_.resize(domain + 1);
  std::string text;
  for (const auto& [draw, count] : counts) {
    text += fmt::format("{},{},{}\n", domain, draw, count);
    counts_[domain][draw] = count;
  }
  append(text);
  draws_ += static_cast<int64_t>(counts.size());
}

void EstimateState::finish() {
  if (is_shard_ && !std::exchange(is_finished_, true)) append(std::string(kFinished) + "\n");
}

FinishedShardState read_shard_state(const std::string& path) {
  const std::string text = read_text(path);
  const size_t header_end = text.find('\n') + 1;
  const Json header = parse_header(text.substr(0, header_end == 0 ? text.size() : header_end - 1), path);
  FinishedShardState state;
  for (const std::string& name : header.keys())
    if (const Json& value = header.at(name); value.is_string() && name != "file")
      state.identity.emplace_back(name, value.text());
  if (header.find(kStorageOfState) == nullptr) state.identity.emplace_back(kStorageOfState, kUsualStorage);
  if (value_of(state.identity, kShardOfState).empty()) {
    throw Error(ErrorKind::resume,
                fmt::format("{}: is the state of a whole estimate, not of a shard (`shard`)", path));
  }
  Sha256 hash;
  const std::string_view kept = proven_part(text, path, hash);
  StateLines lines;
  if (!kept.empty())
    lines = read_lines(kept.substr(header_end), path, std::numeric_limits<int64_t>::max(), true, true);
  if (!lines.is_finished) {
    throw Error(ErrorKind::resume, fmt::format("{}: shard {} is unfinished: the same command goes on with it",
                                               path, printable(value_of(state.identity, kShardOfState))));
  }
  state.counts = std::move(lines.counts);
  return state;
}

std::string state_text(const EstimateIdentity& identity, const DrawCounts& counts) {
  std::string text = header_of(identity);
  for (size_t domain = 0; domain < counts.size(); ++domain) {
    const std::map<int64_t, int64_t> in_order(counts[domain].begin(), counts[domain].end());
    for (const auto& [draw, count] : in_order) text += fmt::format("{},{},{}\n", domain, draw, count);
  }
  return text + fmt::format("{}{}\n", kHashLine, sha256_of(text.data(), text.size()));
}

}  // namespace tf_injector::detail

namespace tf_injector {

bool is_estimate_state(const std::string& path) {
  constexpr size_t kHead = 1 << 12;
  try {
    const std::string head = detail::read_beginning(path, kHead);
    static_cast<void>(detail::parse_header(head.substr(0, head.find('\n')), path));
    return true;
  } catch (const Error& error) {
    return error.kind() == ErrorKind::resume;  // a later version's
  }
}

}  // namespace tf_injector
