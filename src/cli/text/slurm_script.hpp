// The job script that `slurm` prints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tf_injector::detail::cli {

struct SlurmJob {
  std::string folder;              // where the commands run
  std::string program;             // absolute, or a name for PATH
  std::vector<std::string> words;  // flags of run, without those that each task has of its own
  std::string report, details;     // of all tasks together; details: "" for none
  int64_t tasks = 1;
  int64_t parallel = 0;  // tasks at a time; 0: as many as Slurm likes
  int64_t cpus = 1;
  int64_t restarts = 50;          // of a task, after which it gives up
  int64_t minutes = 1;            // time limit of a task
  std::string time;               // the same as it was asked for, or ""
  std::string name, memory;       // memory: as --mem takes it, or ""
  std::vector<std::string> more;  // other options of sbatch, "--partition=batch"
};

// A bash script for `sbatch` (a task of the array, or with the word "merge" the merge) and for `bash`
// (submits both).
[[nodiscard]] std::string slurm_script(const SlurmJob& job);

// A word as bash reads it back.
[[nodiscard]] std::string bash_word(const std::string& word);

// Minutes, rounded up, of a time as sbatch takes it: "90", "1:30:00", "2-12", "2-12:30"; nothing: it is none.
[[nodiscard]] std::optional<int64_t> slurm_minutes(const std::string& time);

// The words of a command line behind its sub-command without some flags and their values. `with_value`,
// `dropped`: names as they are typed, "-f", "--details"; of flags with a value, and which to drop.
[[nodiscard]] std::vector<std::string> words_without(const std::vector<std::string>& words,
                                                     const std::vector<std::string>& with_value,
                                                     const std::vector<std::string>& dropped);

}  // namespace tf_injector::detail::cli
