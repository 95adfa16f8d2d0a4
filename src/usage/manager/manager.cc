#include "usage/manager/manager.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/run_on.h"
#include "usage/processors/processor.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;

// How long the first batch waits for the namespaces, which not everybody may list.
constexpr auto kNamespacesPatience = 10s;

}  // namespace

Manager::Manager(asio::any_io_executor strand, asio::any_io_executor workers, Clock& clock,
                 Directory& directory, Scraper& scraper, ManagerOptions options, ManagerOutputs outputs)
    : strand_(strand),
      workers_(std::move(workers)),
      clock_(clock),
      directory_(directory),
      scraper_(scraper),
      options_(options),
      outputs_(std::move(outputs)),
      news_changed_(strand, SteadyTime::max()),
      extra_(strand) {}

Manager::Nodes Manager::nodes_to_ask() const {
  Nodes nodes = *directory_.nodes();
  if (!options_.ask_unready) std::erase_if(nodes, [](const auto& node) { return !node->ready; });
  return nodes;
}

asio::awaitable<bool> Manager::wait_for_directory() {
  const SteadyTime patience = clock_.now() + kNamespacesPatience;
  while (!directory_.synced() || (!directory_.has_namespaces() && clock_.now() < patience)) {
    const bool awake = co_await clock_.sleep_for(50ms);
    if (!awake) co_return false;
  }
  co_return true;
}

asio::awaitable<void> Manager::run() {
  co_await asio::this_coro::throw_if_cancelled(false);
  bool going = co_await wait_for_directory();
  if (going && options_.scrape_news) {
    auto first = scrape_all_once();
    co_await std::move(first);
    watching_news_ = true;
    auto news = follow_news();
    extra_.start(std::move(news));
    auto second = scrape_all_again();
    extra_.start(std::move(second));
  }
  const Nanos period = std::chrono::nanoseconds(options_.resolution).count();
  Nanos last_end = 0;
  while (going) {
    const Nanos now = to_nanos(clock_.wall_now());
    // The next boundary whose moment is still to come; after the wall clock went back, never one again.
    const Nanos offset = std::chrono::nanoseconds(options_.scrape_offset).count();
    const Nanos end = ((now - offset) / period + 1) * period;
    going = co_await clock_.sleep_for(std::chrono::nanoseconds(end + offset - now));
    if (!going) break;
    if (end <= last_end) continue;
    if (last_end != 0 && end > last_end + period) {
      const MutexLock lock(mutex_);
      figures_.skipped += static_cast<std::uint64_t>((end - last_end) / period - 1);
    }
    last_end = end;
    auto one = cycle(end - period, end);
    co_await std::move(one);
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    going = state.cancelled() == asio::cancellation_type::none;
  }
  watching_news_ = false;
  co_await extra_.stop();
}

std::shared_ptr<const NodeBlock> Manager::block_before(const std::string& node) const {
  std::shared_ptr<const Batch> last;
  {
    const MutexLock lock(mutex_);
    last = last_;
  }
  if (!last) return nullptr;
  const NodeBlock* block = last->find(node);
  return block == nullptr ? nullptr : std::shared_ptr<const NodeBlock>(std::move(last), block);
}

asio::awaitable<void> Manager::cycle(Nanos start, Nanos end) {
  const SteadyTime begin = clock_.now();
  {
    const MutexLock lock(mutex_);
    figures_.last_begin = begin;
  }
  const Nodes nodes = nodes_to_ask();
  const auto before = [this](const std::string& node) { return block_before(node); };
  const auto finish = [this](NodeBlock block) -> std::shared_ptr<const NodeBlock> {
    if (options_.only_blocks) return keep_raw(std::move(block));
    answered(block.info->name);
    const std::shared_ptr<const NodeBlock> last = block_before(block.info->name);
    process_block(block, {last.get(), directory_});
    block.shrink();
    auto finished = std::make_shared<const NodeBlock>(std::move(block));
    if (outputs_.block) outputs_.block(finished);
    return finished;
  };
  auto scraping = scraper_.scrape(nodes, {start, end}, before, finish);
  std::vector<std::shared_ptr<const NodeBlock>> blocks = co_await std::move(scraping);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return;
  const std::size_t answers = blocks.size();
  const auto assemble = [this, &blocks, end]() -> std::shared_ptr<const Batch> {
    auto batch = std::make_shared<Batch>();
    batch->timestamp = end;
    batch->nodes = std::move(blocks);
    if (!options_.only_blocks) process_batch(*batch, directory_);
    batch->namespaces.shrink();
    return batch;
  };
  auto assembling = run_on(workers_, assemble);
  const std::shared_ptr<const Batch> batch = co_await std::move(assembling);
  {
    const MutexLock lock(mutex_);
    last_ = batch;
    ++figures_.cycles;
    figures_.last_duration = clock_.now() - begin;
    figures_.last_timestamp = end;
    figures_.last_nodes = nodes.size();
    figures_.last_answers = answers;
  }
  if (answers < nodes.size()) {
    spdlog::warn("{} of {} nodes did not answer this time; /api/v1/nodes says why", nodes.size() - answers,
                 nodes.size());
  }
  scraper_.forget_others(*directory_.nodes());
  if (outputs_.nodes) outputs_.nodes(*directory_.nodes());
  if (outputs_.batch && !options_.only_blocks) outputs_.batch(batch);
}

void Manager::put_known_names(NodeBlock& block, const NodeBlock* before) const {
  for (std::size_t i = 0; i < block.pod_rows.size(); ++i) {
    std::shared_ptr<const PodName>& name = block.pod_rows[i].name;
    // What is shared with the block before was looked up then.
    if (before != nullptr && i < before->pod_rows.size() && before->pod_rows[i].name == name) continue;
    const std::shared_ptr<const PodInfo> info = directory_.find_pod(name->namespace_, name->name);
    if (info && (name->uid.empty() || name->uid == info->name->uid)) name = info->name;
  }
}

std::shared_ptr<const NodeBlock> Manager::keep_raw(NodeBlock block) {
  answered(block.info->name);
  put_known_names(block, block_before(block.info->name).get());
  block.shrink();
  auto finished = std::make_shared<const NodeBlock>(std::move(block));
  if (outputs_.block) outputs_.block(finished);
  return finished;
}

asio::awaitable<void> Manager::scrape_all_once() {
  co_await asio::this_coro::throw_if_cancelled(false);
  const Nanos now = to_nanos(clock_.wall_now());
  const Nanos period = std::chrono::nanoseconds(options_.resolution).count();
  const auto before = [this](const std::string& node) { return block_before(node); };
  const auto finish = [this](NodeBlock block) { return keep_raw(std::move(block)); };
  auto scraping = scraper_.scrape(nodes_to_ask(), {now - period, now}, before, finish);
  co_await std::move(scraping);
}

asio::awaitable<void> Manager::scrape_all_again() {
  co_await asio::this_coro::throw_if_cancelled(false);
  if (options_.resolution <= 2 * options_.pod_news_delay) co_return;  // the cycles are soon enough
  const bool awake = co_await clock_.sleep_for(options_.pod_news_delay);
  if (!awake) co_return;
  auto scraping = scrape_all_once();
  co_await std::move(scraping);
}

void Manager::on_news(const std::string& node) {
  if (!options_.scrape_news) return;
  asio::post(strand_, [this, node] {
    if (!watching_news_) return;
    const bool known = scraper_.state(node).has_value();
    const SteadyTime now = clock_.now();
    const SteadyTime due = now + (known ? options_.pod_news_delay : options_.node_news_delay);
    const SteadyTime until = now + 2 * options_.pod_news_delay;
    const auto [news, is_new] = news_.try_emplace(node, News{due, until});
    news->second.until = until;
    if (is_new) news_changed_.cancel();
  });
}

void Manager::answered(const std::string& node) {
  if (!options_.scrape_news) return;
  const std::optional<NodeScrape> before = scraper_.state(node);
  // Pods that came meanwhile have been told of once now.
  if (before && before->failures_in_a_row > 0) on_news(node);
}

asio::awaitable<void> Manager::follow_news() {
  co_await asio::this_coro::throw_if_cancelled(false);
  boost::system::error_code ignored;
  bool going = true;
  while (going) {
    if (news_.empty()) {
      co_await news_changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      going = state.cancelled() == asio::cancellation_type::none;
      continue;
    }
    // Seldom more than a second late, and no more often awake.
    going = co_await clock_.sleep_for(1s);
    const SteadyTime now = clock_.now();
    for (auto entry = news_.begin(); going && entry != news_.end();) {
      News& news = entry->second;
      if (news.due > now) {
        ++entry;
        continue;
      }
      std::shared_ptr<const NodeRecord> node = directory_.find_node(entry->first);
      const bool once_more = node && news.due < news.until;
      news.due += options_.pod_news_delay;
      if (node) {
        auto scraping = scrape_extra(std::move(node));
        extra_.start(std::move(scraping));
      }
      entry = once_more ? std::next(entry) : news_.erase(entry);
    }
  }
}

asio::awaitable<void> Manager::scrape_extra(std::shared_ptr<const NodeRecord> node) {
  {
    const MutexLock lock(mutex_);
    ++figures_.extra_scrapes;
  }
  const Nanos now = to_nanos(clock_.wall_now());
  const Nanos period = std::chrono::nanoseconds(options_.resolution).count();
  const auto before = [this](const std::string& name) { return block_before(name); };
  const auto finish = [this](NodeBlock block) { return keep_raw(std::move(block)); };
  auto scraping = scraper_.scrape_one(std::move(node), {now - period, now}, before, finish);
  co_await std::move(scraping);
}

Manager::Figures Manager::figures() const {
  const MutexLock lock(mutex_);
  return figures_;
}

}  // namespace kubevitals::usage
