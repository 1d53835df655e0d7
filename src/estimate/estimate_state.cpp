#include "estimate/estimate_state.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <string_view>

#include "core/json.hpp"
#include "core/later_version.hpp"
#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kSchema = 2, kSchemaWithoutHashes = 1;
constexpr std::string_view kHashLine = "sha256,";
constexpr const char* kKind = "estimate state";

std::string header_of(const EstimateIdentity& identity) {
  Json json = {{"file", kKind}, {"schema", kSchema}};
  for (const auto& [name, value] : identity) json.add(name, value);
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
    const std::string before = found != nullptr && found->is_string() ? found->text() : "";
    if (before != value)
      problems.add(fmt::format("{}: another estimate: {}: {} in the file, {} now", path, name,
                               printable(before), value));
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

}  // namespace

EstimateState::EstimateState(const std::string& path, const EstimateIdentity& identity, int64_t images) {
  const bool is_there = file_exists(path);
  file_.emplace(path, is_there ? AppendFile::Mode::open_existing : AppendFile::Mode::create_new);
  const std::string text = is_there ? read_text(path) : "", header = header_of(identity);
  if (text.find('\n') != std::string::npos) {
    go_on(text, identity, path, images);
    return;
  }
  // The first line was torn, if it is the beginning of one that this program writes.
  if (!text.empty() && !header.starts_with(text)) compare(parse_header(text, path), identity, path);
  begin(header);
}

void EstimateState::begin(const std::string& header) {
  file_->truncate(0);
  append(header);
}

void EstimateState::go_on(const std::string& text, const EstimateIdentity& identity, const std::string& path,
                          int64_t images) {
  const size_t header_end = text.find('\n') + 1;
  const Json header = parse_header(text.substr(0, header_end - 1), path);
  has_hashes_ = header.at("schema").get<int64_t>() != kSchemaWithoutHashes;
  std::string_view kept = std::string_view(text).substr(0, text.rfind('\n') + 1);
  if (has_hashes_) kept = proven_part(text, path, hash_);
  compare(header, identity, path);
  if (kept.empty()) return begin(header_of(identity));
  read(kept.substr(header_end), path, images);
  if (kept.size() < text.size()) file_->truncate(kept.size());
}

// `text`: whole lines behind the first.
void EstimateState::read(std::string_view text, const std::string& path, int64_t images) {
  for (size_t line = 2; !text.empty(); ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(row.size() + 1);
    if (has_hashes_ && row.starts_with(kHashLine)) continue;
    std::array<int64_t, 3> numbers{};
    constexpr int64_t kMostDomains = 1 << 20;
    if (!parse_line(row, numbers) || numbers[0] >= kMostDomains) {
      throw Error(ErrorKind::bad_input, fmt::format("{}:{}: expected three whole numbers, found '{}'", path,
                                                    line, printable(row.substr(0, 60))));
    }
    const auto domain = static_cast<size_t>(numbers[0]);
    if (domain >= counts_.size()) counts_.resize(domain + 1);
    const auto [known, is_new] = counts_[domain].try_emplace(numbers[1], numbers[2]);
    if (numbers[2] > images || known->second != numbers[2]) {
      throw Error(
          ErrorKind::bad_input,
          fmt::format("{}:{}: damaged: expected one count, of at most {} images, for each fault, found '{}'",
                      path, line, images, row));
    }
    if (is_new) ++draws_;
  }
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

}  // namespace tf_injector::detail
