// An hour of an autoscaler that asks for its workload's pods each second, while kubelets fail and pods come
// and go: manager, source, store and API on a virtual clock.
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/json.hpp>
#include <map>
#include <random>

#include "base/quantity.h"
#include "base/rfc3339.h"
#include "base/virtual_clock.h"
#include "usage/api/resource_metrics_api.h"
#include "usage/manager/manager.h"
#include "usage/test_cluster.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;

constexpr int kNodes = 12;
constexpr int kPods = 36;
constexpr std::chrono::seconds kResolution = 60s;
// From a pod's start until it has values: it was measured, and asked for again.
constexpr std::int64_t kNewPodSeconds = 50;
// From the end of a failure until the next cycle has asked the node, and it was asked again.
constexpr std::int64_t kRecoverySeconds = 90;

struct RunningPod {
  kube::ObjectSlot slot = 0;
  std::string name;
  int node = 0;
  std::int64_t start = 0;
  double cores = 0;
  bool seen = false;
};

std::string node_name(int number) {
  return "node-" + std::to_string(number);
}

// Kubelets that measure each container every 10 to 15 s, and fail for one or two cycles at a time.
class Kubelets final : public NodeFetcher {
 public:
  Kubelets(Clock& clock, const std::map<std::string, RunningPod>& pods) : clock_(clock), pods_(pods) {}

  asio::awaitable<Result<std::string>> fetch(std::shared_ptr<const NodeRecord> node, Period,
                                             std::chrono::milliseconds timeout) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const std::string name = node->info->name;
    const bool fails = failing_until_[name] > now();
    const bool hangs = fails && random_() % 2 == 0;
    const Duration delay = hangs ? Duration(timeout) : Duration(std::chrono::milliseconds(random_() % 3000));
    const bool awake = co_await clock_.sleep_for(delay);
    if (!awake) co_return Error{ErrorCode::kCancelled, "cancelled"};
    if (hangs) co_return Error{ErrorCode::kTimeout, "no answer"};
    if (fails) co_return Error{ErrorCode::kUnavailable, "connection refused"};
    co_return text_of(name);
  }

  // Ignored when the node failed a short while ago: it may be that it did not answer since.
  void fail(const std::string& node, std::int64_t seconds) {
    std::int64_t& until = failing_until_[node];
    if (until + kRecoverySeconds < now()) until = now() + seconds;
  }
  bool failed_lately(const std::string& node) const {
    const auto found = failing_until_.find(node);
    return found != failing_until_.end() && found->second + kRecoverySeconds > now();
  }
  std::int64_t now() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall_now().time_since_epoch()).count();
  }

 private:
  // When what is `start` old was measured last; nothing: not yet.
  std::optional<std::int64_t> measured(std::size_t hash, std::int64_t start) const {
    const auto period = static_cast<std::int64_t>(10 + hash % 6);
    const std::int64_t age = now() - start;
    if (age < 1) return std::nullopt;
    return start + 1 + (age - 1) / period * period;
  }

  std::string text_of(const std::string& node) const {
    std::string text;
    const auto sample = [&text](std::string_view family, std::string_view labels, double value,
                                std::int64_t time) {
      text.append(family).append(labels).append(" ").append(std::to_string(value)).append(" ");
      text.append(std::to_string(time * 1000)).append("\n");
    };
    for (const auto& [name, pod] : pods_) {
      if (node_name(pod.node) != node) continue;
      const std::optional<std::int64_t> time = measured(std::hash<std::string>{}(name), pod.start);
      if (!time) continue;
      const std::string labels = R"({container="main",namespace="shop",pod=")" + name + "\"}";
      const auto age = static_cast<double>(*time - pod.start);
      sample("container_cpu_usage_seconds_total", labels, pod.cores * age, *time);
      sample("container_memory_working_set_bytes", labels, 1e6, *time);
      text.append("container_start_time_seconds")
          .append(labels)
          .append(" ")
          .append(std::to_string(pod.start) + "\n");
    }
    sample("node_cpu_usage_seconds_total", "", static_cast<double>(now() - 1'400'000'000), now());
    sample("node_memory_working_set_bytes", "", 1e9, now());
    return text;
  }

  Clock& clock_;
  const std::map<std::string, RunningPod>& pods_;
  std::map<std::string, std::int64_t> failing_until_;
  std::mt19937 random_{7};
};

class AutoscalerTest : public testing::Test {
 protected:
  AutoscalerTest() {
    ManagerOptions options;
    options.resolution = kResolution;
    options.scrape_news = true;
    options.only_blocks = true;
    ManagerOutputs outputs;
    outputs.block = [this](std::shared_ptr<const NodeBlock> block) { store_.put(std::move(block)); };
    manager_.emplace(io_.get_executor(), io_.get_executor(), clock_, directory_, scraper_, options,
                     std::move(outputs));
    directory_.on_news([this](const std::string& node) { manager_->on_news(node); });
    for (int i = 0; i < kNodes; ++i) {
      kube::Node node;
      const std::string name = node_name(i);
      node.metadata.name = name;
      node.status.conditions.push_back({"Ready", "True", {}, {}});
      nodes_->on_upsert(static_cast<kube::ObjectSlot>(i), node);
    }
    for (int i = 0; i < kPods; ++i) create_pod(kubelets_.now() - 1000);
    nodes_->on_synced();
    directory_.pod_subscriber()->on_synced();
    directory_.namespace_subscriber()->on_synced();
    asio::co_spawn(
        io_, manager_->run(),
        asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr&) { ended_ = true; }));
  }

  void TearDown() override {
    stop_.emit(asio::cancellation_type::terminal);
    clock_.run_for(io_, 1s);
    EXPECT_TRUE(ended_);
  }

  void create_pod(std::int64_t start) {
    RunningPod pod;
    pod.slot = next_slot_++;
    pod.name = "web-" + std::to_string(pod.slot);
    pod.node = static_cast<int>(random_() % kNodes);
    pod.start = start;
    pod.cores = 0.1 + static_cast<double>(random_() % 100) / 100;
    kube::Pod object;
    object.metadata.name = pod.name;
    object.metadata.namespace_ = "shop";
    object.metadata.labels = {{"app", "web"}};
    object.status.phase = "Running";
    const std::string node = node_name(pod.node);
    object.spec.node_name = node;
    pods_.emplace(pod.name, pod);
    directory_.pod_subscriber()->on_upsert(pod.slot, object);
  }

  void delete_pod() {
    const auto pod = std::next(pods_.begin(), static_cast<std::ptrdiff_t>(random_() % pods_.size()));
    directory_.pod_subscriber()->on_delete(pod->second.slot);
    pods_.erase(pod);
  }

  // What the autoscaler learns: the cores of each pod. Checks that they are the pod's own, and how old.
  std::map<std::string, double> ask() {
    const ResourceMetricsApi api({&store_, &directory_, &clock_, nullptr}, asio::system_executor());
    std::optional<net::ServerResponse> response =
        api.answer(get_request("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb"));
    std::map<std::string, double> cores;
    const boost::json::value list = boost::json::parse(body_of(*std::move(response)));
    for (const boost::json::value& item : list.at("items").as_array()) {
      const std::string name(item.at("metadata").at("name").as_string());
      const std::string_view time = item.at("timestamp").as_string();
      const Result<UnixTime> measured = parse_rfc3339(time);
      EXPECT_TRUE(measured) << time;
      if (!measured) continue;
      const std::int64_t age = kubelets_.now() - measured->seconds;
      EXPECT_GE(age, 0) << name;
      EXPECT_LT(age, 3.5 * 60 + 30) << name;
      const std::string_view cpu = item.at("containers").at(0).at("usage").at("cpu").as_string();
      const Result<double> value = quantity_to_milli(cpu);
      EXPECT_TRUE(value) << cpu;
      cores[name] = value ? *value : -1;
    }
    return cores;
  }

  asio::io_context io_;
  VirtualClock clock_;
  std::map<std::string, RunningPod> pods_;
  Kubelets kubelets_{clock_, pods_};
  Directory directory_;
  std::shared_ptr<kube::FeedSubscriber<kube::Node>> nodes_ = directory_.node_subscriber();
  UsageStore store_{clock_, kResolution};
  Scraper scraper_{io_.get_executor(),
                   io_.get_executor(),
                   clock_,
                   kubelets_,
                   *find_source_type("kubernetes.resource"),
                   {}};
  std::optional<Manager> manager_;
  asio::cancellation_signal stop_;
  bool ended_ = false;
  kube::ObjectSlot next_slot_ = 0;
  std::mt19937 random_{1};
};

TEST_F(AutoscalerTest, NoGapInAnHourOfFailingNodes) {
  int newcomers = 0;
  for (int second = 0; second < 3600; ++second) {
    clock_.run_for(io_, 1s);
    if (second > 60 && second % 20 == 0) {
      // From now on, for two cycles at most.
      kubelets_.fail(node_name(static_cast<int>(random_() % kNodes)), 5 + static_cast<int>(random_() % 100));
    }
    if (second % 45 == 30) {
      delete_pod();
      create_pod(kubelets_.now() + 3);
      ++newcomers;
    }
    const std::map<std::string, double> cores = ask();
    for (auto& [name, pod] : pods_) {
      const auto found = cores.find(name);
      if (found == cores.end()) {
        ASSERT_FALSE(pod.seen) << "a gap of " << name << " on " << node_name(pod.node) << " at second "
                               << second;
        const bool due = second > 30 && kubelets_.now() - pod.start > kNewPodSeconds;
        ASSERT_FALSE(due && !kubelets_.failed_lately(node_name(pod.node)))
            << name << " is late at second " << second;
        continue;
      }
      pod.seen = true;
      EXPECT_NEAR(found->second, pod.cores, 0.0011) << name;  // it is rounded up to a thousandth
    }
    ASSERT_LE(cores.size(), pods_.size());
  }
  std::uint64_t failures = 0;
  for (const auto& [node, state] : scraper_.states()) failures += state.failed;
  EXPECT_GT(failures, 100U);
  EXPECT_GT(newcomers, 70);
}

}  // namespace
}  // namespace kubevitals::usage
