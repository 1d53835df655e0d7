#include "python/open_session.hpp"

#include <string>

namespace tf_injector::detail::python {

Session open_session(const Model& model, const Dataset& dataset, const SessionOptions& options, Talk& talk,
                     const std::atomic<bool>& stop) {
  Session session(model, dataset, options);
  const CampaignCallbacks callbacks = talk.callbacks(&stop);
  for (const std::string& remark : session.remarks()) callbacks.message(remark);
  for (const std::string& warning : session.warnings()) callbacks.warning(warning);
  return session;
}

}  // namespace tf_injector::detail::python
