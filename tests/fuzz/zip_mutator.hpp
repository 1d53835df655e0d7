// Changes what is in a zip archive and packs it again, with the right checksums: so what reads the members is
// reached, not only what reads the archive.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "data/stored_zip.hpp"
#include "io/zip_archive.hpp"
#include "json_mutator.hpp"

namespace tf_injector::detail::fuzz {

// `bytes` mutated as libFuzzer does, or as JSON where the name says that it is.
inline std::string changed_member(const std::string& name, const std::string& bytes, unsigned seed) {
  if (name.ends_with(".json")) return JsonMutator(seed).mutate(bytes);
  constexpr size_t kRoom = 64;
  std::string changed = bytes;
  changed.resize(bytes.size() + kRoom);
  changed.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(changed.data()), bytes.size(), changed.size()));
  return changed;
}

// The mutator of a target whose input is an archive behind `prefix` other bytes. One mutation in eight is
// that of its bytes; of small archives a member is renamed, doubled or left out now and then.
inline size_t mutate_zip(uint8_t* data, size_t size, size_t max_size, unsigned seed, size_t prefix) {
  constexpr size_t kMostMembers = 100;
  std::minstd_rand random(seed);
  const auto as_bytes_instead = [&] { return LLVMFuzzerMutate(data, size, max_size); };
  if (size <= prefix || random() % 8 == 0) return as_bytes_instead();
  std::vector<std::pair<std::string, std::string>> members;
  try {
    const ZipArchive zip(as_bytes(data + prefix, size - prefix), "z", kMostMembers);
    for (const std::string& name : zip.names()) {
      const std::vector<uint8_t> bytes = zip.read(name, size_t{1} << 20);
      members.emplace_back(name, std::string(bytes.begin(), bytes.end()));
    }
  } catch (const Error&) {
    return as_bytes_instead();
  }
  if (members.empty()) return as_bytes_instead();
  const size_t at = random() % members.size();
  switch (random() % 16) {
    case 0:
      members[at].first = members[random() % members.size()].first + "_";
      break;
    case 1:
      members.erase(members.begin() + static_cast<ptrdiff_t>(at));
      break;
    case 2:
      members[at].second = members[random() % members.size()].second;
      break;
    default:
      members[at].second =
          changed_member(members[at].first, members[at].second, static_cast<unsigned>(random()));
  }
  const std::string zip = data::test::stored_zip(members);
  if (prefix + zip.size() > max_size) return as_bytes_instead();
  std::memcpy(data + prefix, zip.data(), zip.size());
  return prefix + zip.size();
}

}  // namespace tf_injector::detail::fuzz
