// Scrapes all nodes once, each in its own time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
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
#include "usage/manager/node_fetcher.h"
#include "usage/sources/source.h"

namespace kubevitals::usage {

struct ScraperOptions {
  // From a request to a node until its answer is there.
  std::chrono::milliseconds timeout{10'000};
  // All nodes begin within this time, each always at the same moment of it, but on average no faster than one
  // each `spacing`. The moments are multiples of `step`: to wake up for some at a time costs less.
  std::chrono::milliseconds spread{4'000};
  std::chrono::milliseconds spacing{8};
  std::chrono::milliseconds step{25};
  std::size_t max_parallel = 1'000;
};

// How a node's last scrapes went.
struct NodeScrape {
  std::uint64_t failed = 0;
  std::uint64_t failures_in_a_row = 0;
  std::optional<Error> error;            // of the last one; nothing when it went well
  std::optional<WallTime> last_attempt;  // its end
  std::optional<WallTime> last_success;
  std::chrono::nanoseconds duration{0};  // of the last one
};

// Thread-safe but for the rules at each call.
class Scraper {
 public:
  // Makes a block of an answer; called on the workers or, for small answers, on the strand. Null stands for a
  // node that left meanwhile.
  using Finish = std::function<std::shared_ptr<const NodeBlock>(NodeBlock block)>;

  // `fetcher` and `clock` outlive the scraper. Requests are made from `strand`, answers are read on
  // `workers` unless they are small.
  Scraper(asio::any_io_executor strand, asio::any_io_executor workers, Clock& clock, NodeFetcher& fetcher,
          const SourceType& source, ScraperOptions options);

  // Scrapes these nodes; the blocks of those that answered, in the order of the nodes. `before` gives a
  // node's last block, to share names with; it and `finish` are called from any thread. A node that fails is
  // no error of the whole. One call at a time, on the strand; when it is cancelled, what is under way ends.
  using Before = std::function<std::shared_ptr<const NodeBlock>(const std::string& node)>;
  asio::awaitable<std::vector<std::shared_ptr<const NodeBlock>>> scrape(
      std::vector<std::shared_ptr<const NodeRecord>> nodes, Period period, Before before, Finish finish);

  // The same for one node at once; on the strand, any number of calls at a time. Null when it failed.
  asio::awaitable<std::shared_ptr<const NodeBlock>> scrape_one(std::shared_ptr<const NodeRecord> node,
                                                               Period period, Before before, Finish finish);

  // By node; of those that were asked and not forgotten.
  std::map<std::string, NodeScrape> states() const;
  std::optional<NodeScrape> state(const std::string& node) const;
  // Keeps the states of these nodes only.
  void forget_others(const std::vector<std::shared_ptr<const NodeRecord>>& nodes);

  // Durations of all scrapes so far.
  std::function<void(double seconds, bool succeeded)> on_scraped;  // before the first scrape

 private:
  struct Cycle;

  void record(const std::string& node, SteadyTime begin, const std::optional<Error>& error);
  std::chrono::nanoseconds offset_of(const std::string& node, std::size_t nodes) const;

  const asio::any_io_executor strand_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  NodeFetcher& fetcher_;
  const SourceType& source_;
  const ScraperOptions options_;

  mutable Mutex mutex_;
  std::map<std::string, NodeScrape> states_ GUARDED_BY(mutex_);
};

}  // namespace kubevitals::usage
