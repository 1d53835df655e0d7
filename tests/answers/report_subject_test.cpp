#include "answers/report_subject.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

RunMetadata command_line(std::vector<std::string> words) {
  RunMetadata metadata;
  metadata.command_line = std::move(words);
  return metadata;
}

TEST(ReportSubject, NetworksAreCalledAsTheirFiles) {
  EXPECT_EQ(network_name("models/CIFAR10/ResNet20.keras"), "ResNet20");
  EXPECT_EQ(network_name("net.v2.h5"), "net.v2");
  EXPECT_EQ(network_name(""), "");
}

TEST(ReportSubject, DataSetsAreThoseOfTheConfigurationWhereThereIsOne) {
  RunMetadata metadata = command_line({"tf_injector", "-c", "campaign.toml"});
  metadata.configuration.flags = {{"dry-run", {}}, {"dataset", {"GTSRB"}}};
  EXPECT_EQ(dataset_name(metadata), "GTSRB");
}

TEST(ReportSubject, DataSetsAreThoseOfTheCommandLine) {
  EXPECT_EQ(dataset_name(command_line({"tf_injector", "-d", "CIFAR10", "-n", "x"})), "CIFAR10");
  EXPECT_EQ(dataset_name(command_line({"tf_injector", "run", "--dataset=GTSRB"})), "GTSRB");
  EXPECT_EQ(dataset_name(command_line({"tf_injector", "-dCIFAR100"})), "CIFAR100");
  EXPECT_EQ(dataset_name(command_line({"tf_injector", "--dataset", "CIFAR10", "--data", "x.npz"})),
            "CIFAR10");
  EXPECT_EQ(dataset_name(command_line({"tf_injector", "--data", "x.npz", "--dry-run", "-d"})), "");
  EXPECT_EQ(dataset_name(command_line({})), "");
}

}  // namespace
}  // namespace tf_injector::detail
