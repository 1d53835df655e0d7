// The shortcuts of replay (ARCHITECTURE.md, "Replay"), each with a switch. A campaign takes all of them;
// tests and `bench --techniques` leave some out. None changes a bit of any score.
#pragma once

#include <array>

namespace tf_injector::detail::replay {

struct Shortcuts {
  bool prefix = true;
  bool channel = true;
  bool reach = true;
  bool early_end = true;
  bool zero_inputs = true;
  bool clipped_outputs = true;
  bool batch = true;
  bool repack = true;
  bool alone = true;
};

struct Shortcut {
  const char* name;
  const char* without;  // what is done instead
  bool Shortcuts::*is_on;
};

// All of them, in an order in which each makes sense on top of those before it.
inline constexpr std::array<Shortcut, 9> kShortcuts = {{
    {"prefix", "every fault computes the layers before its own", &Shortcuts::prefix},
    {"channel", "the whole layer that is hit", &Shortcuts::channel},
    {"reach", "every position behind it", &Shortcuts::reach},
    {"early end", "no comparison with golden", &Shortcuts::early_end},
    {"zero inputs", "inputs that are zero are multiplied", &Shortcuts::zero_inputs},
    {"clipped outputs", "outputs that the ReLU clips are computed", &Shortcuts::clipped_outputs},
    {"batch", "one fault at a time", &Shortcuts::batch},
    {"repack", "packs stay as they are", &Shortcuts::repack},
    {"alone", "few faults lie across the lanes too", &Shortcuts::alone},
}};

}  // namespace tf_injector::detail::replay
