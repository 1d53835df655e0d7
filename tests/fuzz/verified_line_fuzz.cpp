// A line of a report that `verify` compares with the one that it has computed: the file's lines, a NUL, what
// is expected of each of them.
#include <algorithm>

#include "answers/verify/csv_lines.hpp"
#include "fuzz_target.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t nul = std::min(text.find('\0'), text.size());
  const std::string expected(text.substr(std::min(nul + 1, text.size())));
  const std::string beginning = expected + ",";
  int64_t number = 0;
  for (const std::string_view line : crlf_lines(text.substr(0, nul))) {
    fuzz::require(line.data() >= text.data() && line.data() + line.size() <= text.data() + nul,
                  "a line that is not in the text");
    ++number;
    for (const bool only_beginning : {false, true}) {
      Verification found;
      DifferenceList differences(found);
      require_line("r.csv", number, line, only_beginning ? beginning : expected, only_beginning,
                   "inj_id,target_layer\r\n", " of fault 7", differences);
      const bool is_same = only_beginning ? line.starts_with(beginning)
                                          : line == expected || std::string(line) + "\r\n" == expected;
      if (is_same) fuzz::require(differences.empty(), "a difference in equal lines");
      for (const VerifyDifference& difference : found.differences) {
        fuzz::require(difference.column >= 1 && difference.column <= static_cast<int64_t>(line.size()) + 1,
                      "a column that the line does not have");
        fuzz::check_message(difference.expected + difference.found + difference.what);
      }
    }
  }
  return 0;
}
