// What a verification found, as JSON.
#include "core/json.hpp"
#include "tf_injector/verify.hpp"

namespace tf_injector {

using namespace detail;

std::string Verification::json() const {
  Json list = Json::array();
  for (const VerifyDifference& difference : differences) {
    list.push_back(Json{{"file", difference.file},
                        {"line", difference.line > 0 ? Json(difference.line) : Json(nullptr)},
                        {"column", difference.column > 0 ? Json(difference.column) : Json(nullptr)},
                        {"what", difference.what},
                        {"expected", difference.expected},
                        {"found", difference.found}});
  }
  const Json json{{"report", report},
                  {"same", is_same()},
                  {"verdict", verdict},
                  {"metadata", has_metadata},
                  {"rows", rows},
                  {"rows_checked", rows_checked},
                  {"images", images},
                  {"score_files", score_files},
                  {"details_rows", details_rows},
                  {"hashes", json_list(hashes)},
                  {"seed", seed},
                  {"seconds", seconds},
                  {"differences", list},
                  {"more_differences", more_differences}};
  return json.dump(2) + "\n";
}

}  // namespace tf_injector
