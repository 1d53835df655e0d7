#include "data/pickle/pickle.hpp"

#include <bit>
#include <cstring>
#include <unordered_map>

#include "data/pickle/pickle_objects.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

using Kind = PickleValue::Kind;

// A test set has some hundred thousand values (labels, file names). Far more are refused before they take
// memory.
constexpr size_t kMaxValues = size_t{1} << 20;
constexpr size_t kMaxStack = size_t{1} << 20;
constexpr size_t kMaxOpenMarks = 256;
constexpr uint8_t kProto = 0x80;
constexpr uint8_t kLowestProtocol = 2;
constexpr uint8_t kHighestProtocol = 5;

// Reads the file's bytes with bounds checks.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] size_t position() const { return position_; }
  std::span<const uint8_t> take(uint64_t size) {
    if (size > bytes_.size() - position_)
      throw PickleProblem("the file ends in the middle; was it copied completely?");
    const std::span<const uint8_t> taken = bytes_.subspan(position_, static_cast<size_t>(size));
    position_ += taken.size();
    return taken;
  }
  // A little-endian number of up to 8 bytes.
  uint64_t number(size_t size) {
    uint64_t value = 0;
    const std::span<const uint8_t> bytes = take(size);
    for (size_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(bytes[i]) << (8 * i);
    return value;
  }
  std::string_view line() {
    const std::span<const uint8_t> rest = bytes_.subspan(position_);
    const auto* end =
        static_cast<const uint8_t*>(rest.empty() ? nullptr : std::memchr(rest.data(), '\n', rest.size()));
    if (end == nullptr) throw PickleProblem("the file ends in the middle; was it copied completely?");
    const std::span<const uint8_t> text = take(static_cast<uint64_t>(end - rest.data()) + 1);
    return {reinterpret_cast<const char*>(text.data()), text.size() - 1};
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
};

// A pickle is a program for a stack machine. This is that machine, with only the operations that build data.
class Machine {
 public:
  Machine(std::span<const uint8_t> input, PickleValues& values)
      : reader_(input), values_(values), decode_budget_(input.size()) {}

  // Runs to STOP and returns the one value left on the stack.
  PickleRef run() {
    static_cast<void>(reader_.number(2));  // PROTO and its number: checked by is_pickle
    for (;;) {
      operation_ = reader_.position();
      const auto opcode = static_cast<uint8_t>(reader_.number(1));
      if (opcode == '.') break;
      if (!scalar(opcode) && !string(opcode) && !container(opcode) && !memo(opcode) && !object(opcode))
        throw PickleProblem("operation " + hex(opcode) + " is none that data needs");
    }
    if (stack_.size() != 1 || !marks_.empty()) throw PickleProblem("it ends with more than one value");
    return stack_.back();
  }
  [[nodiscard]] size_t operation() const { return operation_; }

 private:
  static std::string hex(uint8_t byte) {
    constexpr char kDigits[] = "0123456789abcdef";
    return {'0', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }

  void push_ref(PickleRef ref) {
    if (stack_.size() >= kMaxStack) throw PickleProblem("it is nested too deeply");
    stack_.push_back(ref);
  }
  void push(PickleValue value) {
    if (values_.size() >= kMaxValues)
      throw PickleProblem("it holds more than " + std::to_string(kMaxValues) + " values");
    values_.push_back(std::move(value));
    push_ref(static_cast<PickleRef>(values_.size() - 1));
  }
  void push_integer(int64_t integer) {
    PickleValue value{.kind = Kind::integer};
    value.integer = integer;
    push(std::move(value));
  }
  void push_bytes(Kind kind, uint64_t size) {
    PickleValue value{.kind = kind};
    value.bytes = reader_.take(size);
    push(std::move(value));
  }
  // Values below the last mark must not be popped.
  PickleRef pop() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back()))
      throw PickleProblem("it takes a value where there is none");
    const PickleRef ref = stack_.back();
    stack_.pop_back();
    return ref;
  }
  PickleRef top() {
    const PickleRef ref = pop();
    stack_.push_back(ref);
    return ref;
  }
  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) throw PickleProblem("it closes what was not opened");
    const auto first = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<PickleRef> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<PickleRef> pop_many(size_t count) {
    std::vector<PickleRef> items(count);
    while (count > 0) items[--count] = pop();
    return items;
  }
  void push_items(Kind kind, std::vector<PickleRef> items) {
    PickleValue value{.kind = kind};
    value.items = std::move(items);
    push(std::move(value));
  }
  void append_to(Kind kind, const std::vector<PickleRef>& items) {
    PickleValue& container = values_[top()];
    if (container.kind != kind || (kind == Kind::dict && items.size() % 2 != 0))
      throw PickleProblem("it puts values into something that is no list or dict");
    container.items.insert(container.items.end(), items.begin(), items.end());
  }

  // LONG1, LONG4: two's complement, little-endian.
  void push_long(uint64_t size) {
    if (size > 8) throw PickleProblem("an integer of more than 64 bits");
    const uint64_t bits = reader_.number(static_cast<size_t>(size));
    const uint64_t unused = 64 - 8 * size;
    push_integer(size == 0 ? 0 : static_cast<int64_t>(bits << unused) >> unused);
  }
  void push_double() {  // big-endian
    PickleValue value{.kind = Kind::real};
    uint64_t bits = 0;
    for (uint8_t byte : reader_.take(8)) bits = bits << 8 | byte;
    value.real = std::bit_cast<double>(bits);
    push(std::move(value));
  }
  void push_boolean(bool truth) {
    PickleValue value{.kind = Kind::boolean};
    value.integer = truth ? 1 : 0;
    push(std::move(value));
  }

  bool scalar(uint8_t opcode) {
    switch (opcode) {
      case 'N':
        push(PickleValue{});
        return true;
      case 0x88:
        push_boolean(true);
        return true;
      case 0x89:
        push_boolean(false);
        return true;
      case 'J':
        push_integer(static_cast<int32_t>(reader_.number(4)));
        return true;
      case 'K':
        push_integer(static_cast<int64_t>(reader_.number(1)));
        return true;
      case 'M':
        push_integer(static_cast<int64_t>(reader_.number(2)));
        return true;
      case 0x8a:
        push_long(reader_.number(1));
        return true;
      case 0x8b:
        push_long(reader_.number(4));
        return true;
      case 'G':
        push_double();
        return true;
      default:
        return false;
    }
  }

  // A str of Python 2 is read as bytes.
  bool string(uint8_t opcode) {
    switch (opcode) {
      case 'U':
      case 'C':
        push_bytes(Kind::bytes, reader_.number(1));
        return true;
      case 'T':
      case 'B':
        push_bytes(Kind::bytes, reader_.number(4));
        return true;
      case 0x8e:
      case 0x96:
        push_bytes(Kind::bytes, reader_.number(8));
        return true;
      case 0x8c:
        push_bytes(Kind::text, reader_.number(1));
        return true;
      case 'X':
        push_bytes(Kind::text, reader_.number(4));
        return true;
      case 0x8d:
        push_bytes(Kind::text, reader_.number(8));
        return true;
      default:
        return false;
    }
  }

  bool container(uint8_t opcode) {
    switch (opcode) {
      case '(':
        if (marks_.size() >= kMaxOpenMarks) throw PickleProblem("it is nested too deeply");
        marks_.push_back(stack_.size());
        return true;
      case ')':
        push_items(Kind::tuple, {});
        return true;
      case 0x85:
      case 0x86:
      case 0x87:
        push_items(Kind::tuple, pop_many(opcode - 0x84));
        return true;
      case 't':
        push_items(Kind::tuple, pop_to_mark());
        return true;
      case ']':
        push_items(Kind::list, {});
        return true;
      case '}':
        push_items(Kind::dict, {});
        return true;
      case 'a':
        append_to(Kind::list, pop_many(1));
        return true;
      case 'e':
        append_to(Kind::list, pop_to_mark());
        return true;
      case 's':
        append_to(Kind::dict, pop_many(2));
        return true;
      case 'u':
        append_to(Kind::dict, pop_to_mark());
        return true;
      case '0':
        static_cast<void>(pop());
        return true;
      case '1':
        static_cast<void>(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  void put(uint64_t index) {
    if (memo_.size() >= kMaxValues) throw PickleProblem("it remembers too many values");
    memo_[index] = top();
  }
  void get(uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw PickleProblem("it takes up a value that it never remembered");
    push_ref(found->second);
  }
  bool memo(uint8_t opcode) {
    switch (opcode) {
      case 'q':
        put(reader_.number(1));
        return true;
      case 'r':
        put(reader_.number(4));
        return true;
      case 0x94:
        put(memo_.size());
        return true;
      case 'h':
        get(reader_.number(1));
        return true;
      case 'j':
        get(reader_.number(4));
        return true;
      case 0x95:
        static_cast<void>(reader_.number(8));
        return true;  // FRAME: only a hint for reading
      case 0x98:
        static_cast<void>(top());
        return true;  // READONLY_BUFFER
      default:
        return false;
    }
  }

  std::string_view pop_name() {
    const PickleValue& value = values_[pop()];
    if (value.kind != Kind::text) throw PickleProblem("a function's name that is no text");
    return {reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()};
  }
  bool object(uint8_t opcode) {
    switch (opcode) {
      case 'c': {
        const std::string_view module = reader_.line();
        push(pickle_global(module, reader_.line()));
        return true;
      }
      case 0x93: {
        const std::string_view name = pop_name();
        push(pickle_global(pop_name(), name));
        return true;
      }
      case 'R': {
        const PickleRef args = pop();
        push(pickle_reduce(values_, values_[pop()], values_[args], decode_budget_));
        return true;
      }
      case 'b': {
        const PickleRef state = pop();
        pickle_build(values_, values_[top()], values_[state]);
        return true;
      }
      default:
        return false;
    }
  }

  Reader reader_;
  PickleValues& values_;
  std::vector<PickleRef> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint64_t, PickleRef> memo_;
  size_t decode_budget_;
  size_t operation_ = 0;
};

}  // namespace

Pickle::Pickle(std::vector<uint8_t> bytes, const std::string& label) : input_(std::move(bytes)) {
  if (!is_pickle(input_))
    throw DatasetError(label + ": no Python pickle of protocol 2 to 5 (it does not begin as one)");
  Machine machine(input_, values_);
  try {
    root_ = machine.run();
  } catch (const PickleProblem& problem) {
    throw DatasetError(label + ": damaged or unknown pickle: at byte " + std::to_string(machine.operation()) +
                       ": " + problem.what());
  }
}

bool Pickle::is_pickle(std::span<const uint8_t> start) noexcept {
  return start.size() >= 2 && start[0] == kProto && start[1] >= kLowestProtocol &&
         start[1] <= kHighestProtocol;
}

const PickleValue* Pickle::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != Kind::dict) return nullptr;
  for (size_t i = dict.items.size(); i >= 2; i -= 2) {  // of equal keys the last one wins
    const PickleValue& candidate = values_[dict.items[i - 2]];
    const bool named = candidate.kind == Kind::bytes || candidate.kind == Kind::text;
    const std::string_view name(reinterpret_cast<const char*>(candidate.bytes.data()),
                                candidate.bytes.size());
    if (named && name == key) return &values_[dict.items[i - 1]];
  }
  return nullptr;
}

}  // namespace tf_injector::detail::data
