// Going through a job's targets.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "discovery/manager/snapshot.h"

namespace kubevitals::discovery {

// A target as it was discovered, and what became of it in a job. The pointers live as long as the snapshot.
struct WalkedTarget {
  const ProviderSnapshot* provider = nullptr;
  const TargetGroup* group = nullptr;
  std::size_t position = 0;  // among the group's targets
  const JobGroup::Kept* kept = nullptr;
  const JobGroup::Failed* failed = nullptr;  // neither: dropped

  const LabelBlock* target() const { return group->targets[position].get(); }
};

// Goes through all targets of a job, page by page.
class TargetWalk {
 public:
  explicit TargetWalk(std::shared_ptr<const JobSnapshot> job) : job_(std::move(job)) {}

  const JobSnapshot& job() const { return *job_; }

  // Calls `visit(const WalkedTarget&)` for the targets of the next page; false when there is no more.
  template <typename Visit>
  bool next_page(Visit&& visit) {
    while (part_ < job_->parts.size()) {
      const JobSnapshot::Part& part = job_->parts[part_];
      if (page_ == part.pages.size()) {
        ++part_;
        page_ = 0;
        continue;
      }
      visit_page(part, page_++, visit);
      return true;
    }
    return false;
  }

 private:
  template <typename Visit>
  static void visit_page(const JobSnapshot::Part& part, std::size_t page, Visit&& visit) {
    const GroupPage::Groups& groups = part.provider->pages[page]->groups();
    for (std::size_t place = 0; place < groups.size(); ++place) {
      if (!groups[place]) continue;
      const JobGroup* const result = part.pages[page] ? part.pages[page]->find(place) : nullptr;
      WalkedTarget walked;
      walked.provider = part.provider.get();
      walked.group = groups[place].get();
      std::size_t kept = 0;
      std::size_t failed = 0;
      for (std::size_t position = 0; position < walked.group->targets.size(); ++position) {
        walked.position = position;
        walked.kept = nullptr;
        walked.failed = nullptr;
        if (result != nullptr && kept < result->kept.size() && result->kept[kept].position == position) {
          walked.kept = &result->kept[kept++];
        } else if (result != nullptr && failed < result->failed.size() &&
                   result->failed[failed].position == position) {
          walked.failed = &result->failed[failed++];
        }
        visit(static_cast<const WalkedTarget&>(walked));
      }
    }
  }

  const std::shared_ptr<const JobSnapshot> job_;
  std::size_t part_ = 0;
  std::size_t page_ = 0;
};

}  // namespace kubevitals::discovery
