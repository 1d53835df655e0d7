// Lists that are made in memory.
#include "tf_injector/fault_list.hpp"

#include <gmock/gmock.h>

#include <random>

#include "session/model_data.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

Model dense_model() {
  Graph graph;
  graph.weights = {{"dense/kernel", Shape{4, 3}, std::vector<float>(12, 1.0f)}};
  const NodeId input = graph.add_input("x", "x", Shape{4});
  graph.inputs = {input};
  graph.outputs = {graph.add("dense", ops::Dense{.kernel = 0, .units = 3}, {input})};
  graph.output_names = {"dense"};
  graph.layers = {{"dense", "dense", "Dense", {0}, Shape{3}, true}};
  return model_of(std::move(graph), "m.keras", std::string(64, 'a'));
}

TEST(FaultListApi, FaultsInMemoryAreThoseOfTheSameCsv) {
  const Model model = dense_model();
  const std::vector<Fault> faults{bit_flip(5, "dense", {3, 2}, 31), bit_flip(2, "dense", {0, 0}, 0)};
  const FaultList list = FaultList::from_faults(faults, model);
  const FaultList csv = FaultList::parse(
      "Injection,Layer,TensorIndex,Bit\n5,dense,\"(3, 2)\",31\n2,dense,\"(0, 0)\",0\n", "faults", model);
  ASSERT_EQ(list.size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(list[i], faults[i]);
    EXPECT_EQ(csv[i], faults[i]);
  }
  EXPECT_EQ(list.layers(), 1U);
  EXPECT_EQ(list.source(), "faults");
}

TEST(FaultListApi, WhatDoesNotFitIsRefused) {
  const Model model = dense_model();
  const auto refusal = [&](Fault fault) -> std::string {
    try {
      static_cast<void>(FaultList::from_faults({std::move(fault)}, model, "mine"));
    } catch (const FaultListError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal(bit_flip(0, "conv", {0, 0}, 0)), HasSubstr("mine:2:3: unknown layer"));
  EXPECT_THAT(refusal(bit_flip(0, "dense", {4, 0}, 0)), HasSubstr("out of range on axis 0"));
  EXPECT_THAT(refusal(bit_flip(0, "dense", {0, 0}, 32)), HasSubstr("Bit out of range"));
  Fault two = bit_flip(7, "dense", {0, 0}, 1);
  two.parts.push_back(two.parts.front());
  EXPECT_THAT(refusal(two), HasSubstr("mine:3:9: two parts of a fault change the same element"));
  two.parts.clear();
  EXPECT_THAT(refusal(two), HasSubstr("expected a part, found none"));
  const auto all = [&]() -> std::string {
    try {
      static_cast<void>(FaultList::from_faults({two, bit_flip(8, "dense", {0, 0}, 1), two}, model, "mine"));
    } catch (const FaultListError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(all(),
            "mine: fault 7: expected a part, found none\n"
            "mine: fault 7: expected a part, found none");
  EXPECT_THROW(static_cast<void>(flipped_bit(two)), Error);
  Fault bound = bit_flip(7, "dense", {0, 0}, 1);
  bound.image = 3;
  EXPECT_EQ(FaultList::from_faults({bound}, model, "mine")[0], bound);
}

TEST(FaultListApi, APartBeginsAtAnId) {
  const Model model = dense_model();
  const FaultList list =
      FaultList::from_faults({bit_flip(5, "dense", {3, 2}, 31), bit_flip(2, "dense", {0, 0}, 0)}, model);
  const FaultList part = list.from(2);
  EXPECT_EQ(part.size(), 1U);
  EXPECT_EQ(part[0].id, 2);
  EXPECT_EQ(part.begins_at(), 2);
  EXPECT_EQ(part.sha256(), list.sha256()) << "of the whole list";
  EXPECT_FALSE(list.begins_at());
  EXPECT_THROW(static_cast<void>(list.from(3)), Error);
  EXPECT_THROW(static_cast<void>(part.from(5)), Error);
}

TEST(ModelApi, SaysWhatFaultsCanHit) {
  const Model model = dense_model();
  ASSERT_EQ(model.faultable().size(), 1U);
  EXPECT_EQ(model.faultable()[0].layer, "dense");
  EXPECT_EQ(model.faultable()[0].shape, (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(model.faultable()[0].elements, 12);
  EXPECT_EQ(model.inputs()[0].shape, std::vector<int64_t>{4});
  EXPECT_EQ(model.inputs()[0].type, "float32");
  EXPECT_EQ(model.outputs()[0].name, "dense");
  EXPECT_EQ(model.layers()[0].parameters, 12);
  EXPECT_EQ(model.steps(KernelSet::scalar).size(), 1U);
}

TEST(FaultListApi, RowsWithoutAModelAreReadAsTheyStand) {
  const std::vector<Fault> faults =
      parse_faults("Injection;Layer;TensorIndex;Bit\n7;anything;[1, 2, 3];31\n\n3;\"a,b\";(5,);0\n", "mine");
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0], bit_flip(7, "anything", {1, 2, 3}, 31));
  EXPECT_EQ(faults[1], bit_flip(3, "a,b", {5}, 0));
  EXPECT_EQ(parse_faults(faults_to_csv(faults), "again"), faults);
}

TEST(FaultListApi, WhatIsWrongWithRowsIsFoundWithoutAModel) {
  const auto refusal = [](const std::string& row) -> std::string {
    try {
      static_cast<void>(parse_faults("Injection,Layer,TensorIndex,Bit\n" + row, "mine"));
    } catch (const FaultListError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal("0,a,\"(0, 1)\",32\n"), HasSubstr("mine:2:14: Bit out of range"));
  EXPECT_THAT(refusal("0,a,\"(0, -1)\",3\n"), HasSubstr("mine:2:5: TensorIndex out of range on axis 1"));
  EXPECT_THAT(refusal("0,a,\"(0, x)\",3\n"), HasSubstr("TensorIndex is no tuple"));
  EXPECT_THAT(refusal("0,,\"(0, 1)\",3\n"), HasSubstr("mine:2:3: no layer"));
  EXPECT_THAT(refusal("0,a,\"(0,)\",3\n0,a,\"(1,)\",3\n"), HasSubstr("Injection stands twice"));
  EXPECT_THAT(refusal(""), HasSubstr("no faults"));
  EXPECT_THROW(static_cast<void>(read_faults("no/such/list.csv")), Error);
}

TEST(FaultListApi, FaultsOfAllKindsAreReadBackFromTheirText) {
  std::mt19937 rng(3);
  const auto below = [&](int count) { return static_cast<int>(rng() % static_cast<unsigned>(count)); };
  std::vector<Fault> faults;
  for (int id = 0; id < 300; ++id) {
    Fault fault{.id = id};
    for (int part = below(4); part >= 0; --part) {
      FaultPart made{.layer = below(2) == 0 ? "a, \"b\"" : "c + d", .index = {id, part}};
      made.tensor = static_cast<Tensor>(below(8));
      std::vector<int> bits;
      for (int bit = below(32); bit < 32; bit += 1 + below(9))
        bits.insert(below(2) == 0 ? bits.begin() : bits.end(), bit);
      switch (below(3)) {
        case 0:
          made.change = BitFlip{bits};
          break;
        case 1:
          made.change = StuckAt{below(2), bits};
          break;
        default:
          made.change = SetValue{below(3) == 0 ? 0x7f800000u + static_cast<uint32_t>(below(5))
                                               : static_cast<uint32_t>(rng())};
      }
      fault.parts.push_back(std::move(made));
    }
    faults.push_back(std::move(fault));
  }
  EXPECT_EQ(parse_faults(faults_to_csv(faults), "x"), faults);
}

}  // namespace
}  // namespace tf_injector::detail
