// Files whose structure libhdf5 would trust: each is refused before it sees them.
#include "io/hdf5/hdf5_structure.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string_view>

#include "io/file.hpp"
#include "io/hdf5/hdf5_file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

const std::string kFiles = std::string(TFI_TEST_DIR) + "/keras/files/";

void put(std::vector<uint8_t>& bytes, size_t at, size_t size, uint64_t value) {
  for (size_t i = 0; i < size; ++i) bytes.at(at + i) = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t number(const std::vector<uint8_t>& bytes, size_t at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | bytes.at(at + i);
  return value;
}

// What is said of the file; "" if nothing.
std::string refusal(std::vector<uint8_t> bytes) {
  try {
    const Hdf5File file(std::move(bytes), "f.h5");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
}

// Changes every structure that begins with the signature, one at a time.
void change_each(std::string_view signature, const std::function<void(std::vector<uint8_t>&, size_t)>& change,
                 const std::string& problem) {
  const std::vector<uint8_t> good = read_bytes(kFiles + "k2_sequential.h5");
  int found = 0;
  for (size_t at = 0; at + signature.size() <= good.size(); ++at) {
    if (!std::equal(signature.begin(), signature.end(), good.begin() + static_cast<ptrdiff_t>(at))) continue;
    std::vector<uint8_t> bytes = good;
    change(bytes, at);
    EXPECT_EQ(refusal(std::move(bytes)),
              "f.h5: not an HDF5 file, or a damaged or truncated one: it has " + problem)
        << at;
    ++found;
  }
  EXPECT_GT(found, 3) << signature;
}

TEST(Hdf5Structure, FilesOfKerasPass) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFiles)) {
    if (entry.path().extension() != ".h5") continue;
    EXPECT_EQ(refusal(read_bytes(entry.path().string())), "") << entry.path();
    ++files;
  }
  EXPECT_GT(files, 5);
}

TEST(Hdf5Structure, LocalHeapsLieInTheFile) {
  for (const uint64_t size : {UINT64_MAX, uint64_t{1} << 40})
    change_each(
        "HEAP", [size](auto& bytes, size_t at) { put(bytes, at + 8, 8, size); }, "something beyond its end");
  change_each(
      "HEAP", [](auto& bytes, size_t at) { put(bytes, at + 24, 8, UINT64_MAX); }, "something beyond its end");
  change_each(
      "HEAP", [](auto& bytes, size_t at) { put(bytes, at + 16, 8, UINT64_MAX); },
      "free space beyond its heap");
  // A block of free space that is its own next.
  change_each(
      "HEAP",
      [](auto& bytes, size_t at) {
        put(bytes, at + 16, 8, 0);
        const uint64_t data = number(bytes, at + 24, 8);
        put(bytes, data, 8, 0);
        put(bytes, data + 8, 8, 16);
      },
      "free space beyond its heap");
}

TEST(Hdf5Structure, TreesAndTablesHaveTheEntriesThatTheyHaveRoomFor) {
  change_each(
      "TREE", [](auto& bytes, size_t at) { put(bytes, at + 6, 2, 0xFFFF); },
      "a tree with more entries than there is room for");
  change_each(
      "TREE",
      [](auto& bytes, size_t at) {
        put(bytes, at + 6, 2, 1);
        put(bytes, at + 24, 8, 0);
        put(bytes, at + 32, 8, at);
      },
      "a symbol table that stands twice");
  change_each(
      "SNOD", [](auto& bytes, size_t at) { put(bytes, at + 6, 2, 0xFFFF); },
      "a symbol table with more entries than there is room for");
  change_each(
      "SNOD", [](auto& bytes, size_t at) { put(bytes, at + 8, 8, UINT64_MAX); }, "a name beyond its heap");
  change_each(
      "SNOD", [](auto& bytes, size_t at) { put(bytes, at + 16, 8, UINT64_MAX); }, "something beyond its end");
}

TEST(Hdf5Structure, EveryLengthAndEveryByteOfAllOnesEndsInOneLine) {
  const std::vector<uint8_t> good = read_bytes(kFiles + "k2_renorm.h5");
  size_t refused = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    std::vector<uint8_t> bytes = good;
    for (size_t i = at; i < std::min(at + 8, bytes.size()); ++i) bytes[i] = 0xFF;
    try {
      hdf5::check_structure(bytes, "f.h5");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      ++refused;
    }
    if (at < 8 || at % 16 != 0) continue;
    bytes = good;
    bytes.resize(at);
    EXPECT_THROW(hdf5::check_structure(bytes, "f.h5"), Error) << at;
  }
  EXPECT_GT(refused, good.size() / 8);
}

}  // namespace
}  // namespace tf_injector::detail
