// A JSON text, as the program reads and writes it.
#include "core/json.hpp"
#include "json_mutator.hpp"

using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Json json;
  try {
    json = Json::parse(fuzz::as_text(data, size));
  } catch (const JsonError&) {
    return 0;
  }
  for (const bool ascii : {false, true}) {
    for (const int indent : {-1, 2}) {
      const std::string text = json.dump(indent, ascii);
      Json again;
      try {
        again = Json::parse(text);
      } catch (const JsonError& error) {
        fuzz::finding("what was written is not read again", error.what());
      }
      fuzz::require(again.dump(indent, ascii) == text,
                    "written, read and written again, the text is another");
    }
  }
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_json(data, size, max_size, seed, 0);
}
