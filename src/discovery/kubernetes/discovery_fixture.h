// Discovery against a cluster of objects, under a virtual clock: for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "discovery/kubernetes/clusters.h"
#include "discovery/kubernetes/discoverer.h"
#include "discovery/kubernetes/fake_objects.h"
#include "discovery/kubernetes/metrics.h"
#include "discovery/kubernetes/options.h"
#include "discovery/mechanism_fixture.h"

namespace kubevitals::discovery::kubernetes {

using namespace std::chrono_literals;

// The labels of a target and its group as they are seen from outside, without "__meta_kubernetes_".
inline std::string shown_labels(const LabelBlock* target, const LabelBlock* group) {
  std::vector<Label> labels;
  merge_labels({target, group}, labels);
  std::map<std::string, std::string> sorted;
  for (const Label& label : labels) {
    std::string name(label.name.text());
    constexpr std::string_view kPrefix = "__meta_kubernetes_";
    if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
    if (!label.value.empty()) sorted.emplace(std::move(name), label.value);
  }
  std::string text;
  for (const auto& [name, value] : sorted)
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  return text;
}

// Keeps what a discoverer has said, as a consumer does.
class GroupKeeper final : public GroupSink {
 public:
  void update(std::vector<TargetGroupPtr> changed) override {
    ++updates;
    for (const TargetGroupPtr& group : changed) {
      said.push_back((group->targets.empty() ? "-" : "+") + group->source);
      if (group->targets.empty()) {
        groups.erase(group->source);
      } else {
        groups[group->source] = group;
      }
    }
  }
  void failed(Error error) override { said.push_back("failed: " + error.message); }
  void recovered() override { said.push_back("recovered"); }

  // What came since the last call: "+source", "-source", "failed: ...".
  std::vector<std::string> take() {
    std::sort(said.begin(), said.end());
    return std::exchange(said, {});
  }
  // All targets there are now, one a line, sorted.
  std::vector<std::string> targets() const {
    std::vector<std::string> all;
    for (const auto& [source, group] : groups) {
      for (const LabelBlockPtr& target : group->targets) {
        all.push_back(shown_labels(target.get(), group->labels.get()));
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  std::vector<std::string> targets_of(const std::string& source) const {
    std::vector<std::string> all;
    const auto found = groups.find(source);
    if (found == groups.end()) return all;
    for (const LabelBlockPtr& target : found->second->targets)
      all.push_back(shown_labels(target.get(), nullptr));
    std::sort(all.begin(), all.end());
    return all;
  }

  std::map<std::string, TargetGroupPtr> groups;
  std::vector<std::string> said;
  int updates = 0;
};

inline Options options_of(const std::string& yaml) {
  Options options;
  EXPECT_EQ(complaints_about(yaml, options), "");
  return options;
}

// A discoverer at work.
struct RunningDiscovery {
  RunningDiscovery(asio::io_context& context, std::unique_ptr<Discoverer> made)
      : discoverer(asio::make_strand(context.get_executor()), std::move(made), keeper) {}

  GroupKeeper keeper;
  RunningDiscoverer discoverer;
};

class KubernetesTest : public testing::Test {
 protected:
  KubernetesTest() {
    transport.fallback = [this](const kube::fake::Request& request) { return api.answer(request); };
    feeds = std::make_unique<kube::Feeds>(context.get_executor(), transport, clock, kube::FeedOptions(), 42);
    clusters.set_own("fake", *feeds);
  }
  ~KubernetesTest() override {
    for (const auto& discovery : running) stop(*discovery);
    running.clear();
    bool stopped = false;
    asio::co_spawn(context, feeds->stop(), [&](const std::exception_ptr&) { stopped = true; });
    run();
    EXPECT_TRUE(stopped);
  }

  RunningDiscovery& start(const std::string& yaml) { return start(options_of(yaml)); }
  RunningDiscovery& start(const Options& options) {
    DiscovererContext with = context_on(context.get_executor(), clock, metrics);
    with.clusters = &clusters;
    auto made = make_kubernetes_discoverer(options, std::nullopt, options.namespaces, with);
    running.push_back(std::make_unique<RunningDiscovery>(context, std::move(made)));
    run(20ms);
    return *running.back();
  }
  void stop(RunningDiscovery& discovery) {
    if (discovery.discoverer.ended()) return;
    discovery.discoverer.cancel();
    run();
    EXPECT_TRUE(discovery.discoverer.ended()) << "ending must not need any time";
  }
  void run(Duration duration = 0ms) { clock.run_for(context, duration); }

  asio::io_context context;
  VirtualClock clock;
  FakeObjects api{clock};
  kube::fake::Transport transport{clock};
  exposition::MetricRegistry metrics{metric_families()};
  std::unique_ptr<kube::Feeds> feeds;
  Clusters clusters{context.get_executor(), context.get_executor(), clock, metrics, kube::FeedOptions(), 7};
  std::vector<std::unique_ptr<RunningDiscovery>> running;
};

}  // namespace kubevitals::discovery::kubernetes
