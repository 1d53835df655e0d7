#include "report/work_file.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/posix_names.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kWorkHashDigits = 64;
constexpr std::string_view kMetadataEnd = ".json";
// More than any run writes: another's file is not read into memory.
constexpr uint64_t kMostWorkBytes = uint64_t{1} << 30;

std::string_view title_of(WorkFile::Kind kind) {
  return kind == WorkFile::Kind::block ? "tf_injector: work on a block, 1\n" : "tf_injector: golden run, 1\n";
}

// The rest of `text` behind its first line, which is put into `line`. False: it has no end.
bool take_line(std::string_view& text, std::string_view& line) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

WorkFile::WorkFile(Kind kind, const std::string& metadata_path)
    : kind_(kind),
      path_(metadata_path.substr(0, metadata_path.size() - kMetadataEnd.size()) +
            (kind == Kind::block ? ".part" : ".golden")) {}

bool WorkFile::is_own() const {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path_, ignored);
  if (!std::filesystem::exists(status)) return true;
  if (!std::filesystem::is_regular_file(status)) return false;
  const std::string_view title = title_of(kind_);
  try {
    return read_beginning(path_, title.size()) == title;
  } catch (const Error&) {
    return false;
  }
}

void WorkFile::write(const std::string& key, const std::string& note, std::string_view work) const {
  const std::string lines = key + "\n" + note + "\n";
  Sha256 hash;
  AtomicFile file(path_);
  for (const std::string_view part : {title_of(kind_), std::string_view(lines), work}) {
    hash.update(part.data(), part.size());
    file.write(part);
  }
  file.write(hash.hex());
  file.commit();
}

void WorkFile::refuse(const Message& message, std::string_view what) const {
  message(fmt::format("{}: {}; {}", path_, what,
                      kind_ == Kind::block ? "the block is computed from its beginning"
                                           : "the run without a fault is done again"));
}

KeptWork WorkFile::read(const std::string& key, const Message& message) const {
  if (!file_exists(path_) || !is_own()) return {};
  const auto refused = [&](const char* what) {
    refuse(message, what);
    return KeptWork{};
  };
  try {
    if (std::filesystem::file_size(path_) > kMostWorkBytes) return refused("is damaged");
    std::string text = read_text(path_);
    const size_t title = title_of(kind_).size();
    if (text.size() < title + kWorkHashDigits) return refused("is damaged");
    const size_t end = text.size() - kWorkHashDigits;
    if (sha256_of(text.data(), end) != std::string_view(text).substr(end)) return refused("is damaged");
    std::string_view rest = std::string_view(text).substr(title, end - title), of, note;
    if (!take_line(rest, of) || of != key || !take_line(rest, note))
      return refused("is of another run, or of another block");
    KeptWork kept{.note = std::string(note), .work = {}};
    const size_t size = rest.size();
    text.resize(end);
    text.erase(0, end - size);
    kept.work = std::move(text);
    return kept;
  } catch (const std::filesystem::filesystem_error&) {
    return refused("cannot be read");
  } catch (const Error&) {
    return refused("cannot be read");
  }
}

void WorkFile::remove() const {
  if (file_exists(path_) && is_own()) posix::unlink_file(path_);
}

}  // namespace tf_injector::detail
