// What the manager publishes: immutable, and shared as far as nothing changed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/discoverer.h"
#include "discovery/manager/change_signal.h"
#include "discovery/target.h"
#include "discovery/target_group.h"
#include "exposition/page.h"

namespace kubevitals::discovery {

// What a job is made of. Immutable.
struct JobSpec {
  struct Source {
    std::string mechanism;
    DiscovererOptionsPtr options;
  };

  std::string name;
  TargetOptions target;
  std::vector<Source> sources;
  std::vector<TargetGroupPtr> static_groups;
  std::uint64_t keep_dropped_targets = 0;  // how many the API shows; 0: all

  // Whether jobs made of both would have the same targets.
  bool equals(const JobSpec& other) const;
};

// So many neighbouring groups are a page: what is rendered and compressed together, and what a change costs.
inline constexpr std::size_t kPageGroups = 32;

// A page's http_sd text, made when somebody wants it. Thread-safe.
class LazyPage {
 public:
  // Null when there is no text.
  template <typename Render>
  exposition::PagePtr get(const Render& render) const {
    std::call_once(made_, [&] {
      std::string text;
      if (render(text)) page_ = exposition::Page::make(text);
    });
    return page_;
  }

 private:
  mutable std::once_flag made_;
  mutable exposition::PagePtr page_;
};

// Neighbouring groups of a provider. A group keeps its place as long as its source lives.
class GroupPage final {
 public:
  using Groups = std::array<TargetGroupPtr, kPageGroups>;  // null where there is none

  explicit GroupPage(Groups groups) : groups_(std::move(groups)) {}
  const Groups& groups() const { return groups_; }
  exposition::PagePtr http_sd() const;

 private:
  const Groups groups_;
  LazyPage http_sd_;
};

// What became of a group's targets in a job; those that are not mentioned were dropped by a rule.
struct JobGroup {
  struct Kept {
    std::uint32_t position;  // among the group's targets
    LabelBlockPtr labels;    // final ones, internal ones among them
    std::uint64_t identity;  // the same for equal targets of a job
  };
  struct Failed {
    std::uint32_t position;
    std::string error;
  };
  std::vector<Kept> kept;
  std::vector<Failed> failed;

  bool equals(const JobGroup& other) const;
};

// The same places as a GroupPage, as far as a target was kept or failed there.
class JobPage final {
 public:
  struct Entry {
    std::uint8_t place;
    std::shared_ptr<const JobGroup> group;
  };

  explicit JobPage(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  const std::vector<Entry>& entries() const { return entries_; }  // by place
  const JobGroup* find(std::size_t place) const;
  exposition::PagePtr http_sd() const;

 private:
  const std::vector<Entry> entries_;
  LazyPage http_sd_;
};

// One mechanism at work for one configuration.
struct ProviderSnapshot {
  std::string name;  // "kubernetes/3"
  std::string mechanism;
  bool answered = false;       // it has said what there is, at least once
  std::optional<Error> error;  // why it does not work now
  std::optional<WallTime> last_success;
  std::vector<std::shared_ptr<const GroupPage>> pages;
  std::uint64_t targets = 0;
  std::uint64_t version = 0;  // grows with each change of the groups
};

struct JobSnapshot {
  struct Part {
    std::shared_ptr<const ProviderSnapshot> provider;
    std::vector<std::shared_ptr<const JobPage>>
        pages;  // as the provider's; null where nothing was kept or failed
  };
  struct Counts {
    std::uint64_t kept = 0;  // equal ones counted each
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;
  };

  std::shared_ptr<const JobSpec> spec;
  std::vector<std::string> failed_sources;  // why mechanisms could not even be made
  std::vector<Part> parts;
  Counts counts;
  std::uint64_t groups_version = 0;       // grows with each change of the groups
  std::uint64_t targets_version = 0;      // grows with each change of the final targets
  WallTime last_update{};                 // when the job was published last
  std::shared_ptr<ChangeSignal> changed;  // of later snapshots of this job

  bool answered() const;  // all its mechanisms have
};

struct Snapshot {
  std::vector<std::shared_ptr<const JobSnapshot>> jobs;  // as they were configured

  std::shared_ptr<const JobSnapshot> find(std::string_view job) const;
};

}  // namespace kubevitals::discovery
