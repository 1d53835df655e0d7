// Whole campaigns on random networks: the report's bytes are those of a slow count with the reference.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slow_report.hpp"
#include "core/bits.hpp"
#include "graph/storage.hpp"
#include "support/random_graphs/random_case.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {
namespace {

class RandomCampaignsTest : public CampaignTest {};

RunInputs inputs_of(const RandomCase& c) {
  RunInputs inputs;
  inputs.graph = c.graph;
  inputs.model_path = "memory.keras";
  inputs.model_sha256 = std::string(64, 'a');
  Dataset& dataset = inputs.dataset;
  dataset.name = "D";
  dataset.source = "memory";
  dataset.sha256 = std::string(64, 'd');
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const Node& node = c.graph.nodes[static_cast<size_t>(c.graph.inputs[i])];
    dataset.inputs.push_back({.name = node.path,
                              .shape = node.shape.dims(),
                              .is_float = true,
                              .bytes = {},
                              .floats = c.inputs[i]});
  }
  for (int image = 0; image < c.images; ++image)
    dataset.labels.push_back(static_cast<int32_t>(image % c.classes()));
  ResolvedFaultList list;
  list.path = "list.csv";
  list.sha256 = std::string(64, 'f');
  for (size_t f = 0; f < c.faults.size(); ++f) {
    Fault fault{.id = static_cast<int64_t>(f)};
    if (c.fault_images[f] != kAllImages) fault.image = c.fault_images[f];
    for (const Patch& patch : c.faults[f]) {
      FaultPart part;
      if (c.graph.is_mask(patch.weight)) {
        const Node& node = c.graph.nodes[static_cast<size_t>(c.graph.masked_call(patch.weight).output)];
        part.tensor = Tensor::output;
        part.layer = "a layer";
        part.index = index_of_element(node.shape, patch.element % node.shape.elements());
      } else {
        const Weight& weight = c.graph.weights[static_cast<size_t>(patch.weight)];
        part.layer = weight.name;
        part.index = index_of_element(weight.shape, patch.element);
      }
      part.change = SetValue{patch.new_bits};
      if (f % 3 == 0) part.change = BitFlip{{static_cast<int>(f % 32)}};  // what is printed only
      fault.parts.push_back(std::move(part));
    }
    list.add(fault, c.faults[f]);
  }
  inputs.list = std::move(list);
  return inputs;
}

// The case with its weights stored in a format, and of each fault other codes of the same elements. False:
// int8 has no scale for one of its kernels.
bool store(RandomCase& c, StorageFormat format) {
  try {
    static_cast<void>(store_weights(c.graph, format));
  } catch (const ModelError&) {
    return false;
  }
  Dice dice(17);
  for (auto& fault : c.faults) {
    for (Patch& patch : fault) {
      if (c.graph.is_mask(patch.weight)) continue;  // activations are float32
      const Weight& weight = c.graph.weights[static_cast<size_t>(patch.weight)];
      const auto element = static_cast<size_t>(patch.element);
      const auto highest = static_cast<int64_t>((uint64_t{1} << storage_bits(weight.storage)) - 1);
      const uint32_t code = stored_code(weight, element);
      patch.old_bits = float_bits(weight.values[element]);
      patch.new_bits =
          decoded(weight, element,
                  dice.chance(0.5) ? code ^ uint32_t{1} << dice.from(0, storage_bits(weight.storage) - 1)
                                   : static_cast<uint32_t>(dice.from(0, highest)));
    }
  }
  return true;
}

// The least --memory that a run is not refused with, to a few hundred bytes.
uint64_t least_memory(const RunInputs& inputs, RunOptions o, const RunTuning& tuning) {
  o.dry_run = true;
  uint64_t least = uint64_t{256} << 20, refused = 1000;
  while (least - refused > 512) {
    o.memory_bytes = (least + refused) / 2;
    try {
      static_cast<void>(run_on(inputs, o, {}, tuning));
      least = o.memory_bytes;
    } catch (const Error&) {
      refused = o.memory_bytes;
    }
  }
  return least;
}

TEST_F(RandomCampaignsTest, EqualASlowCountForAnyEngineThreadsTilesAndMemory) {
  for (uint64_t seed = 0; seed < 24; ++seed) {
    const RandomCase c = random_case(seed);
    if (c.classes() < 2) continue;
    const RunInputs inputs = inputs_of(c);
    const std::string expected = slow_report(inputs, c.images, c.batch_size);
    Dice dice(seed);
    for (const NamedEngine& engine : both_engines()) {
      RunOptions o = options();
      o.overwrite = true;
      o.batch_size = c.batch_size;
      o.threads = static_cast<int>(dice.from(1, 3));
      o.tile = static_cast<int>(dice.from(0, 3));
      RunTuning tuning = tuning_with({}, static_cast<size_t>(dice.among({0, 0, 20, 70})), engine.engine);
      tuning.joins_golden = dice.chance(0.5);
      if (dice.chance(0.3)) o.memory_bytes = least_memory(inputs, o, tuning);
      run(inputs, o, tuning);
      EXPECT_EQ(read_text(o.path), expected)
          << fmt::format("seed {} ({}), {}, {} threads, tile {}, {} bytes", seed, theme_name(c.theme),
                         engine.name, o.threads, o.tile, o.memory_bytes);
    }
  }
}

TEST_F(RandomCampaignsTest, EqualASlowCountOfStoredWeights) {
  int cases = 0;
  for (uint64_t seed = 100; seed < 124; ++seed) {
    RandomCase c = random_case(seed);
    if (c.classes() < 2) continue;
    const StorageFormat format = kStorageFormats[1 + seed % 3];
    if (!store(c, format)) continue;
    const RunInputs inputs = inputs_of(c);
    const std::string expected = slow_report(inputs, c.images, c.batch_size);
    for (const NamedEngine& engine : both_engines()) {
      RunOptions o = options();
      o.overwrite = true;
      o.batch_size = c.batch_size;
      run(inputs, o, tuning_with({}, 0, engine.engine));
      EXPECT_EQ(read_text(o.path), expected) << fmt::format("seed {} ({}), {}, {}", seed, theme_name(c.theme),
                                                            engine.name, storage_name(format));
    }
    ++cases;
  }
  EXPECT_GT(cases, 10);
}

}  // namespace
}  // namespace tf_injector::detail::test
