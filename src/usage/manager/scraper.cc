#include "usage/manager/scraper.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/run_on.h"

namespace kubevitals::usage {
namespace {

// An answer of so many bytes is read where it arrives, in some 100 us: to wake a worker takes as long.
constexpr std::size_t kReadAtOnce = std::size_t{32} << 10;

// FNV-1a: the same in each run, so that a restart does not move the moments.
std::uint64_t hash(const std::string& text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return value;
}

}  // namespace

// Lives on the strand.
struct Scraper::Cycle {
  explicit Cycle(const asio::any_io_executor& strand) : changed(strand, SteadyTime::max()) {}

  std::vector<std::shared_ptr<const NodeBlock>> blocks;  // by number of the node
  std::size_t running = 0;
  asio::steady_timer changed;  // cancelled whenever one ends
};

Scraper::Scraper(asio::any_io_executor strand, asio::any_io_executor workers, Clock& clock,
                 NodeFetcher& fetcher, const SourceType& source, ScraperOptions options)
    : strand_(std::move(strand)),
      workers_(std::move(workers)),
      clock_(clock),
      fetcher_(fetcher),
      source_(source),
      options_(options) {}

std::chrono::nanoseconds Scraper::offset_of(const std::string& node, std::size_t nodes) const {
  const std::chrono::nanoseconds spread = std::min<std::chrono::nanoseconds>(
      options_.spread, options_.spacing * static_cast<std::int64_t>(nodes));
  if (spread <= options_.step) return {};
  return options_.step * (hash(node) % static_cast<std::uint64_t>(spread / options_.step));
}

asio::awaitable<std::vector<std::shared_ptr<const NodeBlock>>> Scraper::scrape(
    std::vector<std::shared_ptr<const NodeRecord>> nodes, Period period, Before before, Finish finish) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const SteadyTime begin = clock_.now();
  std::vector<std::pair<std::chrono::nanoseconds, std::size_t>> order;
  order.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    order.emplace_back(offset_of(nodes[i]->info->name, nodes.size()), i);
  }
  std::sort(order.begin(), order.end());

  auto cycle = std::make_shared<Cycle>(strand_);
  cycle->blocks.resize(nodes.size());
  TaskGroup tasks(strand_);
  bool cancelled = false;
  boost::system::error_code ignored;
  for (const auto& [offset, number] : order) {
    const SteadyTime when = begin + offset;
    if (clock_.now() < when) cancelled = !co_await clock_.sleep_until(when);
    while (!cancelled && cycle->running >= options_.max_parallel) {
      co_await cycle->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      cancelled = state.cancelled() != asio::cancellation_type::none;
    }
    if (cancelled) break;
    ++cycle->running;
    const auto one = [](Scraper* self, std::shared_ptr<Cycle> all, std::size_t at,
                        std::shared_ptr<const NodeRecord> node, Period of, Before known,
                        Finish make) -> asio::awaitable<void> {
      auto scraped = self->scrape_one(std::move(node), of, std::move(known), std::move(make));
      std::shared_ptr<const NodeBlock> block = co_await std::move(scraped);
      all->blocks[at] = std::move(block);
      --all->running;
      all->changed.cancel();
    };
    asio::awaitable<void> task = one(this, cycle, number, nodes[number], period, before, finish);
    tasks.start(std::move(task));
  }
  while (!cancelled && cycle->running > 0) {
    co_await cycle->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    cancelled = state.cancelled() != asio::cancellation_type::none;
  }
  co_await tasks.stop();
  std::vector<std::shared_ptr<const NodeBlock>> blocks = std::move(cycle->blocks);
  std::erase(blocks, nullptr);
  co_return blocks;
}

asio::awaitable<std::shared_ptr<const NodeBlock>> Scraper::scrape_one(std::shared_ptr<const NodeRecord> node,
                                                                      Period period, Before before,
                                                                      Finish finish) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const SteadyTime begin = clock_.now();
  const std::string name = node->info->name;
  auto fetching = fetcher_.fetch(node, period, options_.timeout);
  Result<std::string> body = co_await std::move(fetching);
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) co_return nullptr;
  if (!body) {
    record(name, begin, body.error());
    co_return nullptr;
  }
  const Nanos now = to_nanos(clock_.wall_now());
  const auto read = [this, &body, &node, now, &before,
                     &finish]() -> Result<std::shared_ptr<const NodeBlock>> {
    body->reserve(body->size() + kBodyPadding);
    const std::shared_ptr<const NodeBlock> known = before(node->info->name);
    Result<NodeBlock> block = source_.parse({*body, node->info, known.get(), now});
    if (!block) return block.error();
    return finish(std::move(*block));
  };
  Result<std::shared_ptr<const NodeBlock>> block = std::shared_ptr<const NodeBlock>();
  if (body->size() <= kReadAtOnce) {
    block = read();
  } else {
    auto reading = run_on(workers_, read);
    block = co_await std::move(reading);
  }
  if (!block) {
    record(name, begin, block.error().wrap("cannot read the answer of node " + name));
    co_return nullptr;
  }
  record(name, begin, std::nullopt);
  co_return std::move(*block);
}

void Scraper::record(const std::string& node, SteadyTime begin, const std::optional<Error>& error) {
  const std::chrono::nanoseconds duration = clock_.now() - begin;
  {
    const MutexLock lock(mutex_);
    NodeScrape& state = states_[node];
    state.error = error;
    state.duration = duration;
    state.last_attempt = clock_.wall_now();
    if (error) {
      ++state.failed;
      ++state.failures_in_a_row;
    } else {
      state.failures_in_a_row = 0;
      state.last_success = state.last_attempt;
    }
  }
  if (on_scraped) on_scraped(std::chrono::duration<double>(duration).count(), !error);
}

std::map<std::string, NodeScrape> Scraper::states() const {
  const MutexLock lock(mutex_);
  return states_;
}

std::optional<NodeScrape> Scraper::state(const std::string& node) const {
  const MutexLock lock(mutex_);
  const auto found = states_.find(node);
  return found == states_.end() ? std::nullopt : std::optional(found->second);
}

void Scraper::forget_others(const std::vector<std::shared_ptr<const NodeRecord>>& nodes) {
  const MutexLock lock(mutex_);
  auto kept = nodes.begin();
  for (auto state = states_.begin(); state != states_.end();) {
    while (kept != nodes.end() && (*kept)->info->name < state->first) ++kept;
    const bool known = kept != nodes.end() && (*kept)->info->name == state->first;
    state = known ? std::next(state) : states_.erase(state);
  }
}

}  // namespace kubevitals::usage
