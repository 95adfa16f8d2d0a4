#include "discovery/manager/job.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace kubevitals::discovery {
namespace {

// The page with other results in these places.
std::shared_ptr<const JobPage> with_changes(const JobPage* before, std::uint32_t places,
                                            std::vector<JobPage::Entry> changed) {
  std::vector<JobPage::Entry> entries = std::move(changed);
  if (before != nullptr) {
    for (const JobPage::Entry& entry : before->entries()) {
      if ((places >> entry.place & 1) == 0) entries.push_back(entry);
    }
  }
  if (entries.empty()) return nullptr;
  std::sort(entries.begin(), entries.end(),
            [](const JobPage::Entry& a, const JobPage::Entry& b) { return a.place < b.place; });
  return std::make_shared<const JobPage>(std::move(entries));
}

bool same(const JobGroup* a, const JobGroup* b) {
  return a == b || (a != nullptr && b != nullptr && a->equals(*b));
}

}  // namespace

Job::Job(std::shared_ptr<const JobSpec> spec, std::vector<std::shared_ptr<Provider>> providers,
         std::vector<std::string> failed_sources, std::shared_ptr<ChangeSignal> changed)
    : spec_(std::move(spec)), providers_(std::move(providers)), builder_(spec_->target) {
  state_.spec = spec_;
  state_.failed_sources = std::move(failed_sources);
  state_.changed = std::move(changed);
  // Nothing is followed yet: all that a provider has is new.
  const auto nothing = std::make_shared<const ProviderSnapshot>();
  state_.parts.resize(providers_.size(), JobSnapshot::Part{nothing, {}});
}

void Job::follow_all(const JobSnapshot* before) {
  for (std::size_t part = 0; part < providers_.size(); ++part) {
    Provider::Changes everything;
    const std::size_t pages = providers_[part]->snapshot()->pages.size();
    for (std::size_t page = 0; page < pages; ++page) everything[page] = ~std::uint32_t{0};
    follow_part(part, everything);
  }
  if (before == nullptr) return;
  state_.groups_version = before->groups_version + 1;
  state_.targets_version = before->targets_version + 1;
}

bool Job::follow(const Provider& provider, const Provider::Changes& changes) {
  bool mine = false;
  for (std::size_t part = 0; part < providers_.size(); ++part) {
    if (providers_[part].get() != &provider) continue;
    mine = true;
    const Followed followed = follow_part(part, changes);
    if (followed.groups) ++state_.groups_version;
    if (followed.targets) ++state_.targets_version;
  }
  return mine;
}

Job::Followed Job::follow_part(std::size_t index, const Provider::Changes& changes) {
  JobSnapshot::Part& part = state_.parts[index];
  const std::shared_ptr<const ProviderSnapshot> before =
      std::exchange(part.provider, providers_[index]->snapshot());
  Followed followed;
  followed.groups = !changes.empty();
  part.pages.resize(part.provider->pages.size());
  for (const auto& [page, places] : changes) {
    const GroupPage::Groups& groups = part.provider->pages[page]->groups();
    const GroupPage* const old_groups = page < before->pages.size() ? before->pages[page].get() : nullptr;
    const std::shared_ptr<const JobPage> old_page = part.pages[page];
    std::vector<JobPage::Entry> entries;
    std::uint32_t different = 0;
    for (std::uint32_t rest = places; rest != 0; rest &= rest - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(rest));
      const JobGroup* const old_result = old_page ? old_page->find(place) : nullptr;
      if (old_groups != nullptr && old_groups->groups()[place]) {
        uncount(*old_groups->groups()[place], old_result);
      }
      std::shared_ptr<const JobGroup> result;
      if (groups[place]) result = relabel(*groups[place], state_.counts);
      if (same(result.get(), old_result)) continue;
      different |= std::uint32_t{1} << place;
      if (result) entries.push_back({static_cast<std::uint8_t>(place), std::move(result)});
    }
    if (different == 0) continue;
    followed.targets = true;
    part.pages[page] = with_changes(old_page.get(), different, std::move(entries));
  }
  return followed;
}

std::shared_ptr<const JobGroup> Job::relabel(const TargetGroup& group, JobSnapshot::Counts& counts) {
  JobGroup result;
  for (std::uint32_t position = 0; position < group.targets.size(); ++position) {
    TargetOutcome outcome = builder_.build(group.targets[position].get(), group.labels.get());
    if (auto* kept = std::get_if<KeptTarget>(&outcome)) {
      result.kept.push_back({position, std::move(kept->labels), kept->identity});
    } else if (auto* error = std::get_if<Error>(&outcome)) {
      result.failed.push_back({position, std::move(error->message)});
    }
  }
  counts.kept += result.kept.size();
  counts.failed += result.failed.size();
  counts.dropped += group.targets.size() - result.kept.size() - result.failed.size();
  if (result.kept.empty() && result.failed.empty()) return nullptr;
  result.kept.shrink_to_fit();
  return std::make_shared<const JobGroup>(std::move(result));
}

void Job::uncount(const TargetGroup& group, const JobGroup* result) {
  const std::size_t kept = result == nullptr ? 0 : result->kept.size();
  const std::size_t failed = result == nullptr ? 0 : result->failed.size();
  state_.counts.kept -= kept;
  state_.counts.failed -= failed;
  state_.counts.dropped -= group.targets.size() - kept - failed;
}

std::shared_ptr<const JobSnapshot> Job::publish(WallTime now) {
  state_.last_update = now;
  return std::make_shared<const JobSnapshot>(state_);
}

}  // namespace kubevitals::discovery
