// The scrape cycles: when, of which nodes, and where their batches go.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/task_group.h"
#include "usage/directory/directory.h"
#include "usage/manager/scraper.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

struct ManagerOptions {
  std::chrono::milliseconds resolution{60'000};
  // A cycle begins this much after the boundary that is its batch's timestamp.
  std::chrono::milliseconds scrape_offset{5'000};
  // Nodes that say they are not ready are asked as well.
  bool ask_unready = false;
  // All nodes are scraped at the start and `pod_news_delay` later, so that there are two points to tell the
  // CPU from, and what is new soon after it came; for the blocks alone: batches are made at the boundaries
  // only.
  bool scrape_news = false;
  // Nobody wants the batches: only the blocks are of use, as they were read.
  bool only_blocks = false;
  // A new node is asked after this time, a node with a new pod, or that failed before, after the other one,
  // and both again each `pod_news_delay` until two of those have passed: kubelets measure each 10 to 15
  // seconds, and of less than 10 seconds of a container's life no rate is made.
  std::chrono::milliseconds node_news_delay{1'000};
  std::chrono::milliseconds pod_news_delay{15'000};
};

// Where the results go. Called from any thread, before the next cycle begins; they must not block for long.
struct ManagerOutputs {
  // A node answered; not enriched yet when no batch is being made.
  std::function<void(std::shared_ptr<const NodeBlock>)> block;
  // A cycle is complete: all nodes have answered or failed. Not called with `only_blocks`.
  std::function<void(std::shared_ptr<const Batch>)> batch;
  // At the end of each cycle: the nodes that there are.
  std::function<void(const std::vector<std::shared_ptr<const NodeRecord>>&)> nodes;
};

// Promise: batches go out in the order of their timestamps, at most one for each boundary. A cycle that is
// still under way at the next boundary lets that one out, which is counted. Lives on a strand; figures() and
// on_news() are for any thread.
class Manager {
 public:
  Manager(asio::any_io_executor strand, asio::any_io_executor workers, Clock& clock, Directory& directory,
          Scraper& scraper, ManagerOptions options, ManagerOutputs outputs);

  // Runs the cycles until it is cancelled (its cancellation slot), and leaves nothing running then.
  asio::awaitable<void> run();

  // There is a new node, or a pod on it. Ignored before the first cycle and without `scrape_news`.
  void on_news(const std::string& node);

  struct Figures {
    std::uint64_t cycles = 0;
    std::uint64_t skipped = 0;  // boundaries that no cycle began at
    std::uint64_t extra_scrapes = 0;
    std::optional<SteadyTime> last_begin;  // of a cycle
    std::chrono::nanoseconds last_duration{0};
    Nanos last_timestamp = 0;  // 0: no cycle has ended yet
    std::size_t last_nodes = 0;
    std::size_t last_answers = 0;
  };
  Figures figures() const;

 private:
  using Nodes = std::vector<std::shared_ptr<const NodeRecord>>;

  Nodes nodes_to_ask() const;
  asio::awaitable<bool> wait_for_directory();
  asio::awaitable<void> cycle(Nanos start, Nanos end);
  asio::awaitable<void> scrape_all_once();
  asio::awaitable<void> scrape_all_again();
  asio::awaitable<void> follow_news();
  asio::awaitable<void> scrape_extra(std::shared_ptr<const NodeRecord> node);
  void answered(const std::string& node);
  // Puts the names that the directory holds in place of equal ones.
  void put_known_names(NodeBlock& block, const NodeBlock* before) const;
  std::shared_ptr<const NodeBlock> keep_raw(NodeBlock block);
  std::shared_ptr<const NodeBlock> block_before(const std::string& node) const;

  const asio::any_io_executor strand_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  Directory& directory_;
  Scraper& scraper_;
  const ManagerOptions options_;
  const ManagerOutputs outputs_;

  // Owned by the strand.
  bool watching_news_ = false;
  struct News {
    SteadyTime due;    // when the node is to be asked next
    SteadyTime until;  // whose answer at this time, or later, tells all
  };
  std::map<std::string, News> news_;  // by the node's name
  asio::steady_timer news_changed_;
  TaskGroup extra_;

  mutable Mutex mutex_;
  std::shared_ptr<const Batch> last_ GUARDED_BY(mutex_);
  Figures figures_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
