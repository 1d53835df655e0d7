// The report of a shard, read in pieces: whether it is what its metadata say, and what goes into the whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "report/report_owner.hpp"
#include "report/run_metadata.hpp"
#include "report/score_array.hpp"
#include "report/score_files.hpp"

namespace tf_injector::detail {

struct ShardReport {
  std::string path;  // as the user gave it
  ReportPaths paths;
  RunMetadata metadata;
  std::string head;  // header and golden row

  [[nodiscard]] const ShardRows& shard() const { return *metadata.settings.shard; }
  // Of the folder that the metadata name.
  [[nodiscard]] ScoreFiles scores() const;
  // Of mode `one`: of rows with these ids, which must outlive it.
  [[nodiscard]] ScoreArray score_array(const std::vector<int64_t>& ids) const {
    return score_array_in(paths.scores, ids);
  }
  // The same in another folder.
  [[nodiscard]] ScoreArray score_array_in(const std::string& folder, const std::vector<int64_t>& ids) const;
};

// Throws Error(resume), naming the report: it is no finished shard, or was cut or changed since. All of its
// bytes are read, of score files the sizes.
[[nodiscard]] ShardReport read_shard(const std::string& path, const std::atomic<bool>* stop);
// Its rows once more, in pieces of whole lines. Throws Error(resume): they are not those of read_shard any
// more.
void visit_rows(const ShardReport& shard, const std::atomic<bool>* stop,
                const std::function<void(std::string_view lines)>& visit);
// The same of the details' lines.
void visit_details(const ShardReport& shard, const std::atomic<bool>* stop,
                   const std::function<void(std::string_view lines)>& visit);
// The ids of rows in a piece of whole lines.
void visit_ids(const ShardReport& shard, std::string_view lines,
               const std::function<void(int64_t id)>& visit);

// Those of all its rows, where an array of scores needs them.
[[nodiscard]] std::vector<int64_t> ids_of(const ShardReport& shard, const std::atomic<bool>* stop);

// Throws Error(resume) unless these are all shards of one list, each once: a line for each that is missing,
// twice there, or of another run. They are put in order.
void require_all_shards(std::vector<ShardReport>& shards);

}  // namespace tf_injector::detail
