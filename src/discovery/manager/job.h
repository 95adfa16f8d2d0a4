// What a job makes of its providers' groups.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "discovery/manager/provider.h"
#include "discovery/manager/snapshot.h"
#include "discovery/target.h"

namespace kubevitals::discovery {

// Relabels the groups of its providers, of each only those that changed. Lives on the manager's strand.
class Job final {
 public:
  Job(std::shared_ptr<const JobSpec> spec, std::vector<std::shared_ptr<Provider>> providers,
      std::vector<std::string> failed_sources, std::shared_ptr<ChangeSignal> changed);

  const JobSpec& spec() const { return *spec_; }
  const std::vector<std::shared_ptr<Provider>>& providers() const { return providers_; }

  // Follows a provider's new snapshot; true when the job has a new one too.
  bool follow(const Provider& provider, const Provider::Changes& changes);
  // Follows all providers from nothing; versions go on from those of `before`, if there was a job of the
  // name.
  void follow_all(const JobSnapshot* before);

  // The job as it is now.
  std::shared_ptr<const JobSnapshot> publish(WallTime now);

  TargetBuilder& builder() { return builder_; }

 private:
  struct Followed {
    bool groups = false;
    bool targets = false;
  };

  Followed follow_part(std::size_t part, const Provider::Changes& changes);
  std::shared_ptr<const JobGroup> relabel(const TargetGroup& group, JobSnapshot::Counts& counts);
  void uncount(const TargetGroup& group, const JobGroup* result);

  const std::shared_ptr<const JobSpec> spec_;
  const std::vector<std::shared_ptr<Provider>> providers_;
  TargetBuilder builder_;
  JobSnapshot state_;  // what the next snapshot says
};

}  // namespace kubevitals::discovery
