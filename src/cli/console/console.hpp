// What is said on standard error while a command works: messages, progress, errors.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>

#include "cli/console/console_flags.hpp"
#include "cli/console/safe_output.hpp"
#include "cli/console/terminal.hpp"
#include "cli/text/progress_text.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail::cli {

// One way to write to standard error. Its functions may be called from any thread.
class Console {
 public:
  virtual ~Console() = default;
  Console() = default;
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // One line of information.
  void message(const std::string& line);
  // One line of what is probably not meant; said also where messages are not.
  void warning(const std::string& line);
  void progress(const Progress& progress);
  void progress(const Transfer& transfer);
  void progress(const EstimateProgress& progress);
  // One "error: " line per line of `text` (an interruption is no error: without the word); `hint` is a line
  // of its own behind them, or "".
  void error(const std::string& text, int exit_code, const std::string& hint);
  // What `error` would write of an interruption now or later: for a signal handler, which can format nothing.
  [[nodiscard]] std::string last_words(const std::string& text) const;
  // Nothing is to be expected but errors: a bar goes away.
  void finish();

  // How text is made safe before it is shown.
  void make_safe_with(SafeText safe) { safe_ = std::move(safe); }

 private:
  virtual void show_message(const std::string& line) = 0;
  virtual void show_warning(const std::string& line) = 0;
  virtual void show_progress(const Progress& progress) = 0;
  virtual void show_transfer(const Transfer& transfer) = 0;
  virtual void show_estimate(const EstimateProgress& progress) = 0;
  virtual void show_error(const std::string& text, int exit_code, const std::string& hint) = 0;
  [[nodiscard]] virtual std::string error_text(const std::string& text, int exit_code,
                                               const std::string& hint) const = 0;
  virtual void show_finish() = 0;

  std::mutex mutex_;
  SafeText safe_;
};

// `out` must outlive it; `terminal` is asked again for every bar, as its width may change. A carriage return
// is written to interactive terminals only: there `bar` is a bar, elsewhere it means `lines`.
[[nodiscard]] std::unique_ptr<Console> make_console(const ConsoleOptions& options, std::ostream& out,
                                                    std::function<Terminal()> terminal, SafeText safe = {});

}  // namespace tf_injector::detail::cli
