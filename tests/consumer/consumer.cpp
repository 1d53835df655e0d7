// consumer MODEL X_NPZ LIST: two sessions at once in one process, one of them stopped in the middle.
#include <atomic>
#include <cstdio>
#include <tf_injector/tf_injector.hpp>
#include <thread>

namespace fi = tf_injector;

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const fi::Model model = fi::Model::load(argv[1]);
    const fi::Dataset dataset = fi::load_dataset({.name = "", .path = argv[2]});
    const fi::FaultList faults = fi::FaultList::read(argv[3], model);

    fi::MemoryReport report;
    std::atomic<bool> stop{false};
    bool was_stopped = false;
    std::thread other([&] {
      fi::Session session(model, dataset);
      fi::CampaignCallbacks callbacks;
      callbacks.golden = [&](const fi::Tally&) { stop = true; };
      callbacks.stop = &stop;
      fi::MemoryReport unfinished;
      try {
        fi::Campaign(session, faults).run(unfinished, callbacks);
      } catch (const fi::Error& error) {
        was_stopped = error.kind() == fi::ErrorKind::interrupted;
      }
    });
    fi::Session session(model, dataset);
    fi::Campaign(session, faults).run(report);
    other.join();
    // From the folders above campaigns.
    const fi::Estimate estimate = fi::estimate(session, {.error = 0.4, .confidence = 0.6});
    std::fprintf(stderr, "%s\n", fi::estimate_sentence(estimate).c_str());
    for (const fi::ReportRow& row : report.rows())
      std::printf("%lld %lld %lld\n", static_cast<long long>(row.fault.id),
                  static_cast<long long>(row.tally.masked), static_cast<long long>(row.tally.critical()));
    return was_stopped ? 0 : 1;
  } catch (const fi::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
}
