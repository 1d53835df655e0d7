// Everything: exact fault injection for the weights of Keras networks.
//
//   const Model model = Model::load("net.keras");
//   Session session(model, load_dataset({.name = "CIFAR10"}), {.preprocess = {.dataset = "CIFAR10"}});
//   const FaultList faults = FaultList::read("faults.csv", model);
//   const Campaign campaign(session, faults);
//   MemoryReport report;
//   campaign.run(report);
#pragma once

#include "tf_injector/benchmark.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/compare.hpp"
#include "tf_injector/dataset.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/estimate.hpp"
#include "tf_injector/explain.hpp"
#include "tf_injector/fault.hpp"
#include "tf_injector/fault_details.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/fault_sampling.hpp"
#include "tf_injector/fault_table.hpp"
#include "tf_injector/kernel_set.hpp"
#include "tf_injector/merge.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/protect.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/report_statistics.hpp"
#include "tf_injector/session.hpp"
#include "tf_injector/shard.hpp"
#include "tf_injector/slice.hpp"
#include "tf_injector/status_file.hpp"
#include "tf_injector/storage.hpp"
#include "tf_injector/tally.hpp"
#include "tf_injector/verify.hpp"
#include "tf_injector/version.hpp"
#include "tf_injector/write_file.hpp"
