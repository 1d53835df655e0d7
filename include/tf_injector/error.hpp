// The one exception family of the library. Each kind is one exit code of the program (docs/interface: "Exit
// codes").
#pragma once

#include <stdexcept>
#include <string>

namespace tf_injector {

// The value is the program's exit code.
enum class ErrorKind : int {
  internal = 1,       // a bug of ours
  usage = 2,          // wrong command line
  bad_input = 3,      // model, fault list or data set: says where, what was expected, what was found
  output = 4,         // output could not be written
  busy = 5,           // another run owns this output
  resume = 6,         // resume refused: says what differs
  self_check = 7,     // the self-check found a difference
  out_of_memory = 8,  //
  download = 9,       //
  interrupted = 75,   // stopped by a signal; the same command goes on where it stopped
};

// Ends the operation. `what()` is text for the user: one clear line, or one line per problem.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// The model file: cannot be read, is damaged, or holds a layer that is not supported.
class ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(ErrorKind::bad_input, message) {}
};

// The data set: missing, damaged, or of another shape than the model's input.
class DatasetError : public Error {
 public:
  explicit DatasetError(const std::string& message) : Error(ErrorKind::bad_input, message) {}
};

// The fault list: `what()` has one line per problem (file:line:column), at most 100.
class FaultListError : public Error {
 public:
  explicit FaultListError(const std::string& message) : Error(ErrorKind::bad_input, message) {}
};

// A file or folder that cannot be written.
class OutputError : public Error {
 public:
  explicit OutputError(const std::string& message) : Error(ErrorKind::output, message) {}
};

}  // namespace tf_injector
