// Joins the reports of the shards of a list to the report that one process would have written.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tf_injector {

struct MergeOptions {
  std::string path = {};  // of the report; its metadata and scores go beside it
  // Of the details, where the shards have them; "": "r.details.csv" for r.csv.
  std::string details_path = {};
  bool overwrite = false;                      // a report that is there is replaced
  std::vector<std::string> command_line = {};  // for the metadata
  const std::atomic<bool>* stop = nullptr;     // true: it ends with Error(interrupted)
};

struct MergedReport {
  std::string path = {}, metadata_path = {};
  std::string score_folder = {}, details_path = {};  // "": there are none
  int64_t rows = 0;
};

// `shards`: paths of their reports, in any order. Report, scores and details have the bytes that a run over
// the whole list gives; docs/interface.md says what the metadata have. They are read in pieces. Throws
// Error(resume), naming the shard: one is missing, given twice, of another run, unfinished, cut or changed
// since, or something is at `path` already; all of it before anything is written. Error(usage): no shards, or
// a path that cannot be meant; Error(busy); Error(interrupted); OutputError, which leaves nothing.
MergedReport merge_reports(const std::vector<std::string>& shards, const MergeOptions& options,
                           const std::function<void(const std::string&)>& message = {});

}  // namespace tf_injector
