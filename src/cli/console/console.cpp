#include "cli/console/console.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "cli/console/flag_names.hpp"
#include "core/json.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";
constexpr double kJsonSeconds = 1;

// Messages and errors as lines, no progress: the base of what people read.
class PlainConsole : public Console {
 public:
  PlainConsole(std::ostream& out, std::function<Terminal()> terminal, bool messages)
      : out_(out), terminal_(std::move(terminal)), messages_(messages) {}

 protected:
  // Every call is one write: lines of several processes on one terminal stay whole.
  void write(const std::string& text) { out_ << text << std::flush; }
  [[nodiscard]] Terminal terminal() const { return terminal_(); }

  void show_message(const std::string& line) override {
    if (messages_) write(line + "\n");
  }
  void show_warning(const std::string& line) override {
    write(colored(terminal(), Color::yellow, "warning:") + " " + line + "\n");
  }
  void show_progress(const Progress&) override {}
  void show_transfer(const Transfer&) override {}
  void show_estimate(const EstimateProgress&) override {}
  void show_error(const std::string& text, int exit_code, const std::string& hint) override {
    write(PlainConsole::error_text(text, exit_code, hint));
  }
  [[nodiscard]] std::string error_text(const std::string& text, int exit_code,
                                       const std::string& hint) const override {
    std::string prefix = colored(terminal(), Color::red, "error:") + " ";
    if (exit_code == static_cast<int>(ErrorKind::interrupted)) prefix.clear();
    std::istringstream lines(text);
    lines.exceptions(std::ios::badbit);  // no memory for a line
    std::string all;
    for (std::string line; std::getline(lines, line);) all += prefix + line + "\n";
    if (!hint.empty()) all += hint + "\n";
    return all;
  }
  void show_finish() override {}

 private:
  std::ostream& out_;
  std::function<Terminal()> terminal_;
  bool messages_;
};

// A line at every tenth of the work and every now and then: after 10 seconds first, at last every minute.
class LineConsole : public PlainConsole {
 public:
  using PlainConsole::PlainConsole;

 private:
  void show_progress(const Progress& progress) override {
    const ProgressFigures figures = progress_figures(progress);
    if (is_due(figures.share, progress.seconds)) write(progress_line(figures) + "\n");
  }
  void show_transfer(const Transfer& transfer) override {
    if (transfer.file != file_) {
      file_ = transfer.file;
      last_tenth_ = -1;
      last_seconds_ = 0;
    }
    const std::optional<double> share = transfer_figures(transfer).share;
    if (is_due(share.value_or(0), transfer.seconds)) write(transfer_line(transfer) + "\n");
  }
  void show_estimate(const EstimateProgress& progress) override {
    if (is_due(progress.share, progress.seconds)) write(estimate_line(progress) + "\n");
  }

  bool is_due(double share, double seconds) {
    const int tenth = static_cast<int>(share * 10);
    if (last_tenth_ < 0) last_tenth_ = tenth;
    const double passed = seconds - last_seconds_;
    const bool new_tenth = tenth > last_tenth_ && passed >= 1;
    if (!new_tenth && passed < std::clamp(seconds / 20, 10.0, 60.0)) return false;
    last_tenth_ = tenth;
    last_seconds_ = seconds;
    return true;
  }

  int last_tenth_ = -1;
  double last_seconds_ = 0;
  std::string file_;  // of the last transfer
};

// A bar in the last line of a terminal; messages are written above it.
class BarConsole : public PlainConsole {
 public:
  using PlainConsole::PlainConsole;
  BarConsole(const BarConsole&) = delete;
  BarConsole& operator=(const BarConsole&) = delete;
  ~BarConsole() override { clear(); }

 private:
  void show_message(const std::string& line) override {
    above_bar([&] { PlainConsole::show_message(line); });
  }
  void show_warning(const std::string& line) override {
    above_bar([&] { PlainConsole::show_warning(line); });
  }
  void show_progress(const Progress& progress) override {
    draw(progress_bar(progress_figures(progress), terminal()));
  }
  // libcurl tells of every block: a bar that is the same is not drawn again.
  void show_transfer(const Transfer& transfer) override {
    const std::string bar = transfer_bar(transfer, terminal());
    if (bar != bar_) draw(bar);
  }
  void show_estimate(const EstimateProgress& progress) override { draw(estimate_bar(progress, terminal())); }
  void show_error(const std::string& text, int exit_code, const std::string& hint) override {
    clear();
    PlainConsole::show_error(text, exit_code, hint);
  }
  // There may be a bar by then.
  [[nodiscard]] std::string error_text(const std::string& text, int exit_code,
                                       const std::string& hint) const override {
    return kClearLine + PlainConsole::error_text(text, exit_code, hint);
  }
  void show_finish() override { clear(); }

  template <typename Write>
  void above_bar(Write write_line) {
    const std::string bar = std::exchange(bar_, "");
    if (!bar.empty()) write(kClearLine);
    write_line();
    if (!bar.empty()) draw(bar);
  }
  void draw(const std::string& bar) {
    write("\r" + bar + "\x1b[K");
    bar_ = bar;
  }
  void clear() {
    if (!bar_.empty()) write(kClearLine);
    bar_.clear();
  }

  std::string bar_;  // what stands on the terminal, "" when nothing does
};

// One JSON object per line, for programs.
class JsonConsole : public Console {
 public:
  explicit JsonConsole(std::ostream& out) : out_(out) {}

 private:
  void show_message(const std::string& line) override { write({{"event", "message"}, {"text", line}}); }
  void show_warning(const std::string& line) override { write({{"event", "warning"}, {"text", line}}); }
  void show_progress(const Progress& progress) override {
    const ProgressFigures figures = progress_figures(progress);
    const bool is_last = figures.done == figures.total && !last_written_;
    if (!first_ && !is_last && progress.seconds - last_seconds_ < kJsonSeconds) return;
    first_ = false;
    last_written_ = figures.done == figures.total;
    last_seconds_ = progress.seconds;
    write({{"event", "progress"},
           {"faults_done", figures.done},
           {"faults_total", figures.total},
           {"rows_written", progress.rows_written},
           {"seconds", progress.seconds},
           {"faults_per_second", number(figures.per_second)},
           {"seconds_left", number(figures.seconds_left)},
           {"critical_rate", number(figures.critical_rate)}});
  }
  void show_transfer(const Transfer& transfer) override {
    const TransferFigures figures = transfer_figures(transfer);
    const bool is_new = transfer.file != file_;
    const bool is_last = !last_written_ && transfer.done == transfer.total;
    if (!is_new && !is_last && transfer.seconds - last_seconds_ < kJsonSeconds) return;
    file_ = transfer.file;
    last_written_ = transfer.done == transfer.total;
    last_seconds_ = transfer.seconds;
    write({{"event", "transfer"},
           {"file", transfer.file},
           {"bytes_done", transfer.done},
           {"bytes_total", transfer.total ? Json(*transfer.total) : Json(nullptr)},
           {"seconds", transfer.seconds},
           {"bytes_per_second", number(figures.per_second)},
           {"seconds_left", number(figures.seconds_left)}});
  }
  void show_estimate(const EstimateProgress& progress) override {
    if (!first_ && progress.seconds - last_seconds_ < kJsonSeconds) return;
    first_ = false;
    last_seconds_ = progress.seconds;
    write({{"event", "estimate"},
           {"faults", progress.faults},
           {"inferences", progress.inferences},
           {"estimate", progress.estimate},
           {"low", progress.low},
           {"high", progress.high},
           {"share", progress.share},
           {"seconds", progress.seconds}});
  }
  void show_error(const std::string& text, int exit_code, const std::string& hint) override {
    out_ << error_text(text, exit_code, hint) << std::flush;
  }
  [[nodiscard]] std::string error_text(const std::string& text, int exit_code,
                                       const std::string& hint) const override {
    Json object = {{"event", "error"}, {"exit_code", exit_code}, {"text", text}};
    if (!hint.empty()) object["hint"] = hint;
    return object.dump() + "\n";
  }
  void show_finish() override {}

  static Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
  void write(const Json& object) {
    // Paths need not be UTF-8; JSON has to be.
    out_ << object.dump() + "\n" << std::flush;
  }

  std::ostream& out_;
  bool first_ = true, last_written_ = false;
  double last_seconds_ = 0;
  std::string file_;  // of the last transfer
};

}  // namespace

void Console::message(const std::string& line) {
  const std::lock_guard lock(mutex_);
  show_message(safe_(with_flags(line)));
}

void Console::warning(const std::string& line) {
  const std::lock_guard lock(mutex_);
  show_warning(safe_(with_flags(line)));
}

void Console::progress(const Progress& progress) {
  const std::lock_guard lock(mutex_);
  show_progress(progress);
}

void Console::progress(const Transfer& transfer) {
  const std::lock_guard lock(mutex_);
  Transfer safe = transfer;
  safe.file = safe_(transfer.file);
  show_transfer(safe);
}

void Console::progress(const EstimateProgress& progress) {
  const std::lock_guard lock(mutex_);
  show_estimate(progress);
}

void Console::error(const std::string& text, int exit_code, const std::string& hint) {
  const std::lock_guard lock(mutex_);
  show_error(safe_(with_flags(text)), exit_code, hint);
}

std::string Console::last_words(const std::string& text) const {
  return error_text(with_flags(text), static_cast<int>(ErrorKind::interrupted), "");
}

void Console::finish() {
  const std::lock_guard lock(mutex_);
  show_finish();
}

std::unique_ptr<Console> make_console(const ConsoleOptions& options, std::ostream& out,
                                      std::function<Terminal()> terminal, SafeText safe) {
  ProgressMode mode = options.quiet ? ProgressMode::none : options.progress;
  if (mode == ProgressMode::automatic) mode = ProgressMode::bar;
  if (mode == ProgressMode::bar && !terminal().interactive) mode = ProgressMode::lines;
  std::unique_ptr<Console> console;
  switch (mode) {
    case ProgressMode::bar:
      console = std::make_unique<BarConsole>(out, std::move(terminal), true);
      break;
    case ProgressMode::json:
      console = std::make_unique<JsonConsole>(out);
      break;
    case ProgressMode::none:
      console = std::make_unique<PlainConsole>(out, std::move(terminal), !options.quiet);
      break;
    default:
      console = std::make_unique<LineConsole>(out, std::move(terminal), true);
  }
  console->make_safe_with(std::move(safe));
  return console;
}

}  // namespace tf_injector::detail::cli
