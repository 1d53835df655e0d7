// The plan of a fault list, <list>.plan.json: how the faults of a report were drawn.
#include "answers/sample_design.hpp"
#include "json_mutator.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<ReportRow> rows = {{.fault = bit_flip(0, "conv2d", {0, 0, 0, 1}, 31)},
                                              {.fault = bit_flip(1, "conv2d", {1, 2, 0, 0}, 2)},
                                              {.fault = bit_flip(2, "dense", {3, 1}, 30)}};
  static const std::vector<KernelLayer> layers = {{"conv2d", "Conv2D", {3, 3, 1, 2}},
                                                  {"dense", "Dense", {4, 2}}};
  for (const auto& known : {std::vector<KernelLayer>{}, layers}) {
    const DesignSources sources{.plan = std::string(fuzz::as_text(data, size)), .layers = known};
    const auto design = fuzz::accepted([&] { return sample_design(rows, sources, "r.csv"); });
    if (!design) continue;
    fuzz::require(design->cell_of_row.size() == rows.size(), "a row without a cell");
    for (size_t i = 0; i < rows.size(); ++i) {
      const DesignCell& cell = design->cells.at(design->cell_of_row[i]);
      fuzz::require(cell.bit == flipped_bit(rows[i].fault), "a row in the cell of another bit");
    }
    for (const DesignCell& cell : design->cells) {
      fuzz::require(cell.layer < design->layers.size() && cell.group < design->groups,
                    "a cell of no layer or group");
      fuzz::require(cell.bit >= 0 && cell.bit <= 31 && cell.population > 0, "a cell that there is not");
    }
    for (const std::string& remark : design->remarks) fuzz::check_message(remark);
  }
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 0);
}
