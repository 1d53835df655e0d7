#include "core/temporary_names.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <utility>

namespace tf_injector::detail {
namespace {

enum class SlotState { free, taken, noted };

struct Slot {
  std::atomic<SlotState> state{SlotState::free};
  std::array<char, 1024> path{};
};
static_assert(std::atomic<SlotState>::is_always_lock_free, "a signal handler reads it");

std::array<Slot, 64> slots;

}  // namespace

TemporaryName::TemporaryName(const std::string& path) noexcept : slot_(-1) {
  if (path.size() >= slots[0].path.size()) return;
  for (size_t i = 0; i < slots.size(); ++i) {
    SlotState expected = SlotState::free;
    if (!slots[i].state.compare_exchange_strong(expected, SlotState::taken)) continue;
    std::memcpy(slots[i].path.data(), path.c_str(), path.size() + 1);
    slots[i].state = SlotState::noted;
    slot_ = static_cast<int>(i);
    return;
  }
}

TemporaryName::~TemporaryName() {
  if (slot_ >= 0) slots[static_cast<size_t>(slot_)].state = SlotState::free;
}

TemporaryName::TemporaryName(TemporaryName&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

void remove_temporary_files() noexcept {
  for (Slot& slot : slots) {
    if (slot.state == SlotState::noted) ::unlink(slot.path.data());
  }
}

}  // namespace tf_injector::detail
