#include "campaign/engine_choice.hpp"

namespace tf_injector {

EngineChoice default_engine() { return {.needs = plain_engine_needs, .make = make_plain_engine}; }

}  // namespace tf_injector
