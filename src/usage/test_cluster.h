// A cluster for tests and benchmarks: objects as manifests, and what its kubelets say.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"
#include "usage/directory/directory.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

inline constexpr Nanos kSecondNanos = 1'000'000'000;
// 2026-01-01T00:00:00Z.
inline constexpr std::int64_t kDayOne = 1'767'225'600;

// What a kubelet reports; times in seconds since kDayOne. Without a start none is reported.
struct TestContainer {
  std::string name;
  std::optional<std::int64_t> start;
  double cpu_seconds = 0;
  std::int64_t memory = 0;
};
struct TestPod {
  std::string namespace_;
  std::string name;
  std::vector<TestContainer> containers;
};
struct TestScrape {
  std::string node;
  std::int64_t time = 0;
  TestContainer own;  // the node itself
  std::vector<TestPod> pods;
};
// As /stats/summary has it.
std::string summary_text(const TestScrape& scrape);

class TestCluster {
 public:
  TestCluster();

  // Pods, nodes and namespaces in YAML or JSON; a pod or node of the same name is replaced.
  void add(std::string_view manifests);
  void add_node(const std::string& name, const std::string& hostname = {});
  void add_pod(const std::string& namespace_, const std::string& name, const std::string& node,
               const std::vector<std::string>& containers, const std::string& phase = "Running");
  void remove_pod(const std::string& namespace_, const std::string& name);

  // The node's next block, processed.
  std::shared_ptr<const NodeBlock> scrape(const std::string& node, std::string_view summary, Nanos now);
  std::shared_ptr<const NodeBlock> scrape(const TestScrape& scrape);
  // Of the last blocks of all nodes.
  std::shared_ptr<const Batch> batch(Nanos timestamp) const;

  const Directory& directory() const { return directory_; }

 private:
  friend class ManifestFeed;

  Directory directory_;
  std::shared_ptr<kube::FeedSubscriber<kube::Pod>> pods_;
  std::shared_ptr<kube::FeedSubscriber<kube::Node>> nodes_;
  std::shared_ptr<kube::FeedSubscriber<kube::Namespace>> namespaces_;
  std::map<std::string, kube::ObjectSlot> slots_;  // by kind and name
  kube::ObjectSlot next_slot_ = 0;
  std::map<std::string, std::shared_ptr<const NodeBlock>> blocks_;
};

// The whole body of a response, a streamed one too. Runs what the body needs on this thread.
std::string body_of(net::ServerResponse response);
// Runs a coroutine to its end on this thread.
net::ServerResponse run_to_end(asio::awaitable<net::ServerResponse> answer);

net::ServerRequest get_request(std::string_view target, net::Headers headers = {});

// A file of the recordings, which are in the directory KUBEVITALS_USAGE_RECORDINGS; recording() leaves away
// what stands behind the body, and is nothing when the variable is not set.
std::optional<std::string> recording(std::string_view file);
std::string whole_file(std::string_view file);

}  // namespace kubevitals::usage
