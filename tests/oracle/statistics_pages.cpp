// Writes pages, JSON and pictures of made-up statistics: statistics_pages FOLDER. Read by test_pages.py.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "answers/made_up_statistics.hpp"
#include "tf_injector/error.hpp"

using namespace tf_injector;

namespace {

ReportStatistics with_details(ReportStatistics statistics) {
  statistics.details = made_up_details();
  statistics.remarks.push_back("<b onclick=alert(1)>\"remark\"</b> ]]> --> </script>");
  statistics.provenance.push_back({"</td>\"'<i>", "</table><script>alert(2)</script>"});
  statistics.report = "a\"b<c>/r.csv";
  statistics.model = "</title><script>alert(3)</script>";
  statistics.dataset = "\" onload=\"alert(4)";
  return statistics;
}

ReportStatistics without_effect() {
  ReportStatistics statistics = made_up_statistics(layer_names(3));
  for (auto* domains : {&statistics.cells, &statistics.bits, &statistics.layers}) {
    for (StatisticsDomain& domain : *domains) domain.rates[0] = {{0, 0, 0.3}, {0, 0, 0.3}};
  }
  return statistics;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const std::string folder = std::string(argv[1]) + "/";
    const std::vector<std::pair<std::string, ReportStatistics>> pages = {
        {"twenty", made_up_statistics(layer_names(20))},
        {"many", made_up_statistics(layer_names(200))},
        {"hostile", with_details(made_up_statistics(hostile_names()))},
        {"without_effect", without_effect()},
        {"one_layer", made_up_statistics(layer_names(1))},
        {"no_faults", ReportStatistics{}}};
    for (const auto& [name, statistics] : pages)
      write_statistics(
          statistics,
          {.html = folder + name + ".html", .json = folder + name + ".json", .svg_folder = folder + name});
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
