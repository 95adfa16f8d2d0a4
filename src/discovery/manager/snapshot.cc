#include "discovery/manager/snapshot.h"

#include <algorithm>

#include "discovery/http_sd_json.h"

namespace kubevitals::discovery {

bool JobSpec::equals(const JobSpec& other) const {
  const auto same_source = [](const Source& a, const Source& b) {
    return a.mechanism == b.mechanism && a.options->equals(*b.options);
  };
  const auto same_group = [](const TargetGroupPtr& a, const TargetGroupPtr& b) { return a->equals(*b); };
  return name == other.name && keep_dropped_targets == other.keep_dropped_targets && target == other.target &&
         std::equal(sources.begin(), sources.end(), other.sources.begin(), other.sources.end(),
                    same_source) &&
         std::equal(static_groups.begin(), static_groups.end(), other.static_groups.begin(),
                    other.static_groups.end(), same_group);
}

exposition::PagePtr GroupPage::http_sd() const {
  return http_sd_.get([this](std::string& text) {
    HttpSdWriter writer(text);
    for (const TargetGroupPtr& group : groups_) {
      if (group) writer.add(*group);
    }
    return writer.finish();
  });
}

bool JobGroup::equals(const JobGroup& other) const {
  const auto same_kept = [](const Kept& a, const Kept& b) {
    return a.position == b.position && a.identity == b.identity && equal(a.labels, b.labels);
  };
  const auto same_failed = [](const Failed& a, const Failed& b) {
    return a.position == b.position && a.error == b.error;
  };
  return std::equal(kept.begin(), kept.end(), other.kept.begin(), other.kept.end(), same_kept) &&
         std::equal(failed.begin(), failed.end(), other.failed.begin(), other.failed.end(), same_failed);
}

const JobGroup* JobPage::find(std::size_t place) const {
  for (const Entry& entry : entries_) {
    if (entry.place == place) return entry.group.get();
  }
  return nullptr;
}

exposition::PagePtr JobPage::http_sd() const {
  return http_sd_.get([this](std::string& text) {
    HttpSdWriter writer(text);
    std::vector<Label> labels;
    for (const Entry& entry : entries_) {
      for (const JobGroup::Kept& target : entry.group->kept) {
        merge_labels({target.labels.get()}, labels);
        writer.add(labels);
      }
    }
    return writer.finish();
  });
}

bool JobSnapshot::answered() const {
  return std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.provider->answered; });
}

std::shared_ptr<const JobSnapshot> Snapshot::find(std::string_view job) const {
  const auto found = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const auto& candidate) { return candidate->spec->name == job; });
  return found == jobs.end() ? nullptr : *found;
}

}  // namespace kubevitals::discovery
