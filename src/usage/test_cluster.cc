#include "usage/test_cluster.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <fstream>
#include <future>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "base/rfc3339.h"
#include "kube/decode_json.h"
#include "kube/manifest_reader.h"
#include "usage/processors/processor.h"
#include "usage/sources/summary/summary.h"

namespace kubevitals::usage {
namespace {

std::string time_text(std::int64_t seconds) {
  return "\"" + format_rfc3339(kDayOne + seconds) + "\"";
}

// The members that nodes and containers have.
std::string figures(const TestContainer& one, std::int64_t time) {
  std::string text;
  if (one.start) text.append(R"("startTime":)").append(time_text(*one.start)).append(",");
  const auto cpu = static_cast<std::int64_t>(one.cpu_seconds * 1e9 + 0.5);
  text.append(R"("cpu":{"time":)").append(time_text(time));
  text.append(R"(,"usageCoreNanoSeconds":)").append(std::to_string(cpu));
  text.append(R"(},"memory":{"time":)").append(time_text(time));
  const std::string memory = std::to_string(one.memory);
  return text.append(R"(,"usageBytes":)")
      .append(memory)
      .append(R"(,"workingSetBytes":)")
      .append(memory)
      .append("}");
}

template <typename T, typename Subscriber>
void feed(const kube::ManifestObject& object, kube::ObjectSlot slot, Subscriber& subscriber) {
  kube::JsonDecoder decoder;
  T decoded;
  if (!decoder.decode(object.json, decoded)) throw std::runtime_error("a test's manifest cannot be decoded");
  subscriber.on_upsert(slot, decoded);
}

}  // namespace

class ManifestFeed final : public kube::ManifestHandler {
 public:
  explicit ManifestFeed(TestCluster& cluster) : cluster_(cluster) {}

  void on_object(const kube::ManifestObject& object) override {
    kube::JsonDecoder decoder;
    kube::AnyObject any;
    if (!decoder.decode(object.json, any)) throw std::runtime_error("a test's manifest has no metadata");
    const std::string key = std::string(object.kind) + "/" + std::string(any.metadata.namespace_) + "/" +
                            std::string(any.metadata.name);
    const auto [found, is_new] = cluster_.slots_.emplace(key, cluster_.next_slot_);
    if (is_new) ++cluster_.next_slot_;
    const kube::ObjectSlot slot = found->second;
    if (object.kind == "Pod") feed<kube::Pod>(object, slot, *cluster_.pods_);
    if (object.kind == "Node") feed<kube::Node>(object, slot, *cluster_.nodes_);
    if (object.kind == "Namespace") feed<kube::Namespace>(object, slot, *cluster_.namespaces_);
  }
  void on_bad_object(const Error& error) override { throw std::runtime_error(error.message); }

 private:
  TestCluster& cluster_;
};

std::string summary_text(const TestScrape& scrape) {
  std::string text = R"({"node":{"nodeName":")" + scrape.node + "\"," + figures(scrape.own, scrape.time);
  text.append(R"(,"fs":{"usedBytes":5,"capacityBytes":10},"systemContainers":[{"name":"kubelet",)");
  text.append(figures(scrape.own, scrape.time)).append(R"(}]},"pods":[)");
  for (const TestPod& pod : scrape.pods) {
    if (text.back() != '[') text.push_back(',');
    text.append(R"({"podRef":{"name":")")
        .append(pod.name)
        .append(R"(","namespace":")")
        .append(pod.namespace_);
    text.append(R"("},"startTime":)").append(time_text(0)).append(R"(,"containers":[)");
    for (const TestContainer& container : pod.containers) {
      if (text.back() != '[') text.push_back(',');
      text.append(R"({"name":")")
          .append(container.name)
          .append("\",")
          .append(figures(container, scrape.time));
      text.push_back('}');
    }
    text.append("]}");
  }
  return text.append("]}");
}

TestCluster::TestCluster()
    : pods_(directory_.pod_subscriber()),
      nodes_(directory_.node_subscriber()),
      namespaces_(directory_.namespace_subscriber()) {
  pods_->on_synced();
  nodes_->on_synced();
  namespaces_->on_synced();
}

void TestCluster::add(std::string_view manifests) {
  std::istringstream input{std::string(manifests)};
  ManifestFeed feed(*this);
  if (const auto read = kube::read_manifests(input, feed); !read)
    throw std::runtime_error(read.error().message);
}

void TestCluster::add_node(const std::string& name, const std::string& hostname) {
  std::string text = R"({"kind":"Node","apiVersion":"v1","metadata":{"name":")" + name;
  text.append(R"(","labels":{"zone":"a"}},"status":{"allocatable":{"cpu":"4","memory":"8Gi"},)");
  text.append(R"("capacity":{"cpu":"4","memory":"8Gi"},"addresses":[{"type":"Hostname","address":")");
  add(text.append(hostname.empty() ? name : hostname).append("\"}]}}"));
}

void TestCluster::add_pod(const std::string& namespace_, const std::string& name, const std::string& node,
                          const std::vector<std::string>& containers, const std::string& phase) {
  std::string text = R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + name;
  text.append(R"(","namespace":")").append(namespace_).append(R"(","uid":"u-)").append(name);
  text.append(R"(","labels":{"app":")")
      .append(name.substr(0, name.find('-')))
      .append(R"("}},"spec":{"nodeName":")");
  text.append(node).append(R"(","containers":[)");
  for (const std::string& container : containers) {
    if (text.back() != '[') text.push_back(',');
    text.append(R"({"name":")")
        .append(container)
        .append(R"(","image":"example/)")
        .append(container)
        .append("\"}");
  }
  add(text.append(R"(]},"status":{"phase":")").append(phase).append("\"}}"));
}

void TestCluster::remove_pod(const std::string& namespace_, const std::string& name) {
  const auto found = slots_.find("Pod/" + namespace_ + "/" + name);
  pods_->on_delete(found->second);
  slots_.erase(found);
}

std::shared_ptr<const NodeBlock> TestCluster::scrape(const std::string& node, std::string_view summary,
                                                     Nanos now) {
  std::string padded(summary);
  padded.append(kBodyPadding, '\0');
  std::shared_ptr<const NodeBlock>& last = blocks_[node];
  ParseInput input;
  input.body = std::string_view(padded).substr(0, summary.size());
  input.node = directory_.find_node(node)->info;
  input.before = last.get();
  input.now = now;
  Result<NodeBlock> parsed = parse_summary(input);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  auto block = std::make_shared<NodeBlock>(std::move(*parsed));
  process_block(*block, BlockContext{last.get(), directory_});
  last = block;
  return last;
}

std::shared_ptr<const NodeBlock> TestCluster::scrape(const TestScrape& one) {
  return scrape(one.node, summary_text(one), (kDayOne + one.time) * kSecondNanos);
}

std::shared_ptr<const Batch> TestCluster::batch(Nanos timestamp) const {
  auto batch = std::make_shared<Batch>();
  batch->timestamp = timestamp;
  for (const auto& [name, block] : blocks_) batch->nodes.push_back(block);
  process_batch(*batch, directory_);
  return batch;
}

std::string body_of(net::ServerResponse response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
  auto& source = std::get<std::unique_ptr<net::BodySource>>(response.body);
  asio::io_context io;
  std::string body;
  auto drain = [&]() -> asio::awaitable<void> {
    while (true) {
      auto next = source->next();
      const Result<std::vector<net::BodyChunk>> chunks = co_await std::move(next);
      if (!chunks || chunks->empty()) break;
      for (const net::BodyChunk& chunk : *chunks) body.append(chunk.bytes);
    }
  };
  auto done = asio::co_spawn(io, drain(), asio::use_future);
  io.run();
  done.get();
  return body;
}

net::ServerResponse run_to_end(asio::awaitable<net::ServerResponse> answer) {
  asio::io_context io;
  auto done = asio::co_spawn(io, std::move(answer), asio::use_future);
  io.run();
  return done.get();
}

net::ServerRequest get_request(std::string_view target, net::Headers headers) {
  net::ServerRequest request;
  request.method = "GET";
  request.target = target;
  net::Target parsed = net::parse_target(target);
  request.path = std::move(parsed.path);
  request.query = std::move(parsed.query);
  request.headers = std::move(headers);
  return request;
}

std::string whole_file(std::string_view file) {
  std::ifstream input{std::string(std::getenv("KUBEVITALS_USAGE_RECORDINGS")) + "/" + std::string(file)};
  std::ostringstream text;
  text << input.rdbuf();
  if (!input) throw std::runtime_error("cannot read recording " + std::string(file));
  return text.str();
}

std::optional<std::string> recording(std::string_view file) {
  if (std::getenv("KUBEVITALS_USAGE_RECORDINGS") == nullptr) return std::nullopt;
  std::string text = whole_file(file);
  while (text.ends_with('\n')) text.pop_back();
  text.erase(text.rfind('\n'));
  return text;
}

}  // namespace kubevitals::usage
