#include "cli/text/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

namespace tf_injector::detail::cli {
namespace {

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Slurm sends it up to a minute early; a task then ends within a second.
int64_t seconds_before_limit(int64_t minutes) { return std::clamp<int64_t>(minutes * 10, 10, 60); }

std::string header(const SlurmJob& job) {
  std::string lines;
  const auto add = [&](const std::string& option) { lines += "#SBATCH " + option + "\n"; };
  const std::string parallel = job.parallel > 0 ? fmt::format("%{}", job.parallel) : "";
  add("--job-name=" + job.name);
  add(fmt::format("--array=0-{}{}", job.tasks - 1, parallel));
  add(fmt::format("--time={}", job.time.empty() ? std::to_string(job.minutes) : job.time));
  add(fmt::format("--cpus-per-task={}", job.cpus));
  if (!job.memory.empty()) add("--mem=" + job.memory);
  add("--requeue");
  add("--open-mode=append");
  add(fmt::format("--signal=B:USR1@{}", seconds_before_limit(job.minutes)));
  for (const std::string& option : job.more) add(option);
  return lines;
}

constexpr const char* kBody = R"BASH(
merge() {
  local shards=() i
  for ((i = 0; i < tasks; i++)); do shards+=("$folder/$i-of-$tasks.csv"); done
  exec "$program" merge -o "$report" "${details[@]}" "${shards[@]}"
}

# A task of the array. SIGTERM is Slurm's (scancel, requeue, preemption) and reaches the program as well; near the time
# limit Slurm sends SIGUSR1 to this shell alone, and only then the task asks to be queued again.
task() {
  local i=$SLURM_ARRAY_TASK_ID pid="" late="" code=1
  local restarts=${SLURM_RESTART_COUNT:-0}
  local job=${SLURM_ARRAY_JOB_ID}_$i
  if ((restarts > most_restarts)); then
    echo "task $i was restarted $restarts times, the most that this script allows; look at what ends it" >&2
    exit 1
  fi
  mkdir -p -- "$folder" || exit 4
  trap 'late=1; [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null' USR1
  trap : TERM
  local own=(--shard "$i/$tasks" --report "$folder/$i-of-$tasks.csv" --status "$folder/$i-of-$tasks.status.json")
  if [ "${#details[@]}" -gt 0 ]; then own+=(--details "$folder/$i-of-$tasks.details.csv"); fi
  "$program" run "${words[@]}" "${own[@]}" &
  pid=$!
  while
    wait "$pid"
    code=$?
    kill -0 "$pid" 2>/dev/null
  do :; done
  if [ "$code" = 75 ] && [ -n "$late" ]; then
    if ((restarts >= most_restarts)); then
      echo "task $i is at its time limit for the last time that this script allows ($restarts restarts)" >&2
    elif scontrol requeue "$job"; then
      sleep 60 # until Slurm ends this one
    fi
  fi
  exit "$code"
}

submit() {
  if [ ! -f "$0" ]; then
    echo "save this script into a file: bash FILE submits it" >&2
    exit 2
  fi
  local array join
  array=$(sbatch --parsable "$@" -- "$script") || exit
  array=${array%%;*}
  echo "array job $array: $tasks tasks" >&2
  join=$(sbatch --parsable "$@" --array=0 --cpus-per-task=1 --dependency="afterok:$array" --kill-on-invalid-dep=yes -- "$script" merge) || exit
  echo "merge job ${join%%;*}: begins when all tasks are done, and goes when one failed" >&2
  printf 'to merge by hand: bash %q merge\n' "$script" >&2
}
)BASH";

constexpr const char* kEnd = R"BASH(
case ${1:-} in
  merge) merge ;;
  -* | "") if [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then task; else submit "$@"; fi ;;
  *)
    echo "expected merge, or options for sbatch; found '$1'" >&2
    exit 2
    ;;
esac
)BASH";

}  // namespace

std::string bash_word(const std::string& word) {
  if (word.empty()) return "\"\"";
  if (word.find_first_not_of(kPlain) == std::string::npos) return word;
  // shellcheck takes a quoted tilde for a mistake.
  if (word[0] == '~') return word.size() == 1 ? "'~'" : "'~'" + bash_word(word.substr(1));
  std::string quoted = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::optional<int64_t> slurm_minutes(const std::string& time) {
  const size_t dash = time.find('-');
  std::vector<int64_t> parts;
  const std::string clock = dash == std::string::npos ? time : time.substr(dash + 1);
  const auto number = [](std::string_view text) -> std::optional<int64_t> {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = error == std::errc() && end == text.data() + text.size() && value >= 0;
    return is_number && value <= 1'000'000 ? std::optional(value) : std::nullopt;
  };
  for (size_t begin = 0; begin <= clock.size();) {
    const size_t end = std::min(clock.find(':', begin), clock.size());
    const std::optional<int64_t> part = number(std::string_view(clock).substr(begin, end - begin));
    if (!part) return std::nullopt;
    parts.push_back(*part);
    begin = end + 1;
  }
  if (parts.size() > 3) return std::nullopt;
  int64_t seconds = 0;
  if (dash != std::string::npos) {  // days-hours[:minutes[:seconds]]
    const std::optional<int64_t> days = number(std::string_view(time).substr(0, dash));
    if (!days) return std::nullopt;
    parts.resize(3);
    seconds = ((*days * 24 + parts[0]) * 60 + parts[1]) * 60 + parts[2];
  } else {  // minutes[:seconds], or hours:minutes:seconds
    if (parts.size() == 3) {
      seconds = (parts[0] * 60 + parts[1]) * 60 + parts[2];
    } else {
      seconds = parts[0] * 60 + (parts.size() == 2 ? parts[1] : 0);
    }
  }
  return seconds > 0 ? std::optional((seconds + 59) / 60) : std::nullopt;
}

std::vector<std::string> words_without(const std::vector<std::string>& words,
                                       const std::vector<std::string>& with_value,
                                       const std::vector<std::string>& dropped) {
  std::vector<std::string> kept;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    // The flag whose value is, or may be, the next word: of "-sf" the last letter that takes one.
    std::string name = word;
    bool takes_next = false;
    if (word.starts_with("--")) {
      const size_t equals = word.find('=');
      name = word.substr(0, equals);
      takes_next = equals == std::string::npos && holds(with_value, name);
    } else if (word.size() > 1 && word[0] == '-') {
      for (size_t letter = 1; letter < word.size(); ++letter) {
        name = std::string("-") + word[letter];
        if (!holds(with_value, name)) continue;
        takes_next = letter + 1 == word.size();
        break;
      }
    }
    const bool keep = !holds(dropped, name);
    if (keep) kept.push_back(word);
    if (takes_next && i + 1 < words.size()) {
      ++i;
      if (keep) kept.push_back(words[i]);
    }
  }
  return kept;
}

std::string slurm_script(const SlurmJob& job) {
  const std::string stem = std::filesystem::path(job.report).replace_extension().string();
  std::string script = "#!/bin/bash\n" + header(job);
  script += fmt::format(
      "# A campaign in {0} tasks, and a job that merges their reports. Written by tf_injector slurm.\n"
      "#   bash FILE [OPTIONS OF SBATCH]   submits both\n"
      "#   sbatch FILE                     submits the tasks alone; one again: sbatch --array=3 FILE\n"
      "#   bash FILE merge                 merges by hand\n"
      "script=$(realpath -- \"$0\")\n"
      "cd -- {1} || exit\n"
      "program={2}\n"
      "tasks={0}\n"
      "most_restarts={3}\n"
      "report={4}\n"
      "folder={5} # of the tasks' reports\n",
      job.tasks, bash_word(job.folder), bash_word(job.program), job.restarts, bash_word(job.report),
      bash_word(stem + ".shards"));
  script +=
      job.details.empty() ? "details=()\n" : fmt::format("details=(--details {})\n", bash_word(job.details));
  script += "words=(\n";
  for (const std::string& word : job.words) script += "  " + bash_word(word) + "\n";
  return script + ")\n" + kBody + kEnd;
}

}  // namespace tf_injector::detail::cli
