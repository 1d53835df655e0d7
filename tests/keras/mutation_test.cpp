// Damaged model files: cut at every length, every bit flipped, weights and configurations changed behind the
// checksum. Each ends in one line, or holds what the undamaged file holds. Run under the sanitizers too.
#include <gtest/gtest.h>

#include <map>

#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "keras/import.hpp"
#include "keras/importer.hpp"
#include "support/mutator.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes file_of(const std::string& name) {
  return read_bytes(std::string(TFI_TEST_DIR) + "/keras/files/" + name);
}

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }
Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

// Runs `work`. True if it returns; false if it refuses its input with one short line. Anything else fails.
template <typename Work>
bool is_accepted(const Work& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::bad_input) << message;
    EXPECT_LT(message.size(), 5000u);
    return false;
  }
}

void collect(const Hdf5File& file, const std::string& group, std::string& content) {
  for (const std::string& name : file.children(group.empty() ? "/" : group)) {
    const std::string path = group + "/" + name;
    content += path + "\n";
    if (file.is_group(path)) {
      collect(file, path, content);
    } else {
      const Hdf5File::Array array = file.read_floats(path);
      content += array.shape.to_string();
      content.append(reinterpret_cast<const char*>(array.values.data()), array.values.size() * sizeof(float));
    }
  }
}

// All that a model is made of: its configuration, its version, its weights. Equal content is an equal graph.
std::string content_of(Bytes bytes) {
  const Archive archive = open_archive(std::move(bytes), "m");
  std::string content = archive.config.dump() + "\n" + archive.keras_version + "\n";
  collect(archive.weights, "", content);
  return content;
}

TEST(Mutation, ModelsCutAtEveryLength) {
  for (const char* name : {"k2_deferred.keras", "k2_renorm.h5"}) {
    const Bytes whole = file_of(name);
    const size_t step = test::mutations_wanted(0) > 0 ? 1 : 7;
    for (size_t length = 0; length < whole.size(); length += step) {
      EXPECT_FALSE(is_accepted([&] {
        (void)import_model({"m", Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))});
      })) << name
          << " " << length;
    }
  }
}

// TFI_MUTATIONS: every bit; else one in 23.
TEST(Mutation, EveryBitOfAModel) {
  const Bytes whole = file_of("k2_deferred.keras");
  const std::string content = content_of(whole);
  const size_t step = test::mutations_wanted(0) > 0 ? 1 : 23;
  size_t flips = 0, harmless = 0;
  for (size_t bit = 0; bit < whole.size() * 8; bit += step, ++flips) {
    Bytes flipped = whole;
    flipped[bit / 8] = static_cast<uint8_t>(flipped[bit / 8] ^ (1 << bit % 8));
    if (!is_accepted([&] { (void)import_model({"m", flipped}); })) continue;
    EXPECT_EQ(content_of(flipped), content) << "bit " << bit;
    ++harmless;
  }
  std::printf("%zu bits flipped: %zu refused, %zu without effect\n", flips, flips - harmless, harmless);
  EXPECT_LT(harmless, flips / 20);
}

// As if packed again after the damage: no checksum stands before the reader of the weights.
TEST(Mutation, WeightsBehindTheChecksum) {
  for (const char* name : {"k2_deferred.keras", "k2_nested.keras", "k3_nested.keras", "k3_deferred.keras"}) {
    const ZipArchive zip(file_of(name), name);
    const Json config = parse_json(zip.read("config.json"));
    test::Mutator mutator(text_of(zip.read("model.weights.h5")));
    int accepted = 0;
    const int count = test::mutations_wanted(300);
    for (int i = 0; i < count; ++i) {
      const Bytes weights = bytes_of(mutator.next());
      accepted += is_accepted([&] {
        (void)import_archive(
            {config, name[1] == '3' ? "3.15.1" : "2.14.0", WeightLayout::keyed, Hdf5File(weights, "w")});
      });
    }
    std::printf("%s: %d damaged weight files, %d read\n", name, count, accepted);
  }
}

TEST(Mutation, H5Files) {
  for (const char* name : {"k2_renorm.h5", "k2_nested.h5", "k3_nested.h5", "tf_keras_legacy.h5"}) {
    test::Mutator mutator(text_of(file_of(name)));
    int accepted = 0;
    const int count = test::mutations_wanted(300);
    for (int i = 0; i < count; ++i)
      accepted += is_accepted([&] { (void)import_model({"m", bytes_of(mutator.next())}); });
    std::printf("%s: %d damaged files, %d read\n", name, count, accepted);
  }
}

TEST(Mutation, ConfigurationsBehindTheChecksum) {
  for (const char* name : {"k2_nested.keras", "k2_ops.keras", "k3_nested.keras", "k3_ops.keras"}) {
    const ZipArchive zip(file_of(name), name);
    const Bytes weights = zip.read("model.weights.h5");
    test::Mutator mutator(text_of(zip.read("config.json")));
    int accepted = 0;
    const int count = test::mutations_wanted(300);
    for (int i = 0; i < count; ++i) {
      accepted += is_accepted([&] {
        (void)import_archive({parse_json(bytes_of(mutator.next())), name[1] == '3' ? "3.15.1" : "2.14.0",
                              WeightLayout::keyed, Hdf5File(weights, "w")});
      });
    }
    std::printf("%s: %d damaged configurations, %d read\n", name, count, accepted);
  }
}

TEST(Mutation, Archives) {
  for (const char* name : {"k2_nested.keras", "k3_ops.keras"}) {
    test::Mutator mutator(text_of(file_of(name)));
    int accepted = 0;
    const int count = test::mutations_wanted(300);
    for (int i = 0; i < count; ++i)
      accepted += is_accepted([&] { (void)import_model({"m", bytes_of(mutator.next())}); });
    std::printf("%s: %d damaged archives, %d read\n", name, count, accepted);
  }
}

}  // namespace
}  // namespace tf_injector::detail::keras
