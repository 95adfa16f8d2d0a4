#include "usage/manager/manager.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <set>

#include "base/deadline.h"
#include "base/virtual_clock.h"
#include "usage/sources/block_builder.h"

namespace kubevitals::usage {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Answers are numbers: the node's CPU time in nanoseconds.
Result<NodeBlock> parse_number(const ParseInput& input) {
  if (input.body.find_first_not_of("0123456789") != std::string_view::npos) {
    return Error{ErrorCode::kInvalid, "not a number"};
  }
  NodeBlock block;
  block.info = input.node;
  const std::uint32_t row = block.node.add_row(input.now, 0);
  block.node.set(Metric::kCpuUsage, row, std::stoll(std::string(input.body)));
  return block;
}

constexpr SourceType kNumbers{"test", "GET", "/number", &parse_number};

// Answers are the uid of the node's only pod; empty: it is not said.
Result<NodeBlock> parse_pod(const ParseInput& input) {
  BlockBuilder builder(input.node, input.before);
  builder.pod("x", "p", input.body);
  return builder.finish();
}

constexpr SourceType kPods{"test", "GET", "/pod", &parse_pod};

class FakeFetcher final : public NodeFetcher {
 public:
  explicit FakeFetcher(Clock& clock) : clock_(clock) {}

  asio::awaitable<Result<std::string>> fetch(std::shared_ptr<const NodeRecord> node, Period period,
                                             std::chrono::milliseconds timeout) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    const std::string name = node->info->name;
    asked.emplace_back(name, period.end);
    ++open;
    most_open = std::max(most_open, open);
    const bool hangs = hanging.contains(name);
    const bool awake = co_await clock_.sleep_for(hangs ? Duration(timeout) : Duration(delay));
    --open;
    if (!awake) co_return Error{ErrorCode::kCancelled, "cancelled"};
    if (hangs) co_return Error{ErrorCode::kTimeout, "timed out"};
    co_return answer(name);
  }

  std::function<std::string(const std::string&)> answer = [](const std::string&) { return "1000000000"; };
  std::set<std::string> hanging;
  std::chrono::milliseconds delay{100};
  std::vector<std::pair<std::string, Nanos>> asked;
  int open = 0;
  int most_open = 0;

 private:
  Clock& clock_;
};

class ManagerTest : public testing::Test {
 protected:
  void add_node(const std::string& name, bool ready = true) {
    kube::Node node;
    node.metadata.name = name;
    node.status.conditions.push_back({"Ready", ready ? "True" : "False", {}, {}});
    nodes_->on_upsert(static_cast<kube::ObjectSlot>(slots_++), node);
  }

  void begin(ManagerOptions options, ScraperOptions scraping = {}, const SourceType& source = kNumbers) {
    scraper_.emplace(io_.get_executor(), io_.get_executor(), clock_, fetcher_, source, scraping);
    ManagerOutputs outputs;
    outputs.block = [this](std::shared_ptr<const NodeBlock> block) {
      blocks_.emplace_back(block->info->name, since_start());
      last_block_ = std::move(block);
    };
    outputs.batch = [this](std::shared_ptr<const Batch> batch) { batches_.push_back(std::move(batch)); };
    manager_.emplace(io_.get_executor(), io_.get_executor(), clock_, directory_, *scraper_, options,
                     std::move(outputs));
    directory_.on_news([this](const std::string& node) { manager_->on_news(node); });
    nodes_->on_synced();
    directory_.pod_subscriber()->on_synced();
    directory_.namespace_subscriber()->on_synced();
    asio::co_spawn(
        io_, manager_->run(),
        asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr&) { ended_ = true; }));
  }

  void run_for(Duration duration) { clock_.run_for(io_, duration); }
  std::chrono::milliseconds since_start() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.wall_now() -
                                                                 VirtualClock::kWallStart);
  }
  // The boundaries since the start, in seconds, that batches came for.
  std::vector<std::int64_t> boundaries() const {
    std::vector<std::int64_t> seconds;
    for (const auto& batch : batches_) seconds.push_back(batch->timestamp / 1'000'000'000 - 1'500'000'000);
    return seconds;
  }

  void TearDown() override {
    stop_.emit(asio::cancellation_type::terminal);
    run_for(1s);
    EXPECT_TRUE(ended_);
    EXPECT_EQ(fetcher_.open, 0);
  }

  asio::io_context io_;
  VirtualClock clock_;
  FakeFetcher fetcher_{clock_};
  Directory directory_;
  std::shared_ptr<kube::FeedSubscriber<kube::Node>> nodes_ = directory_.node_subscriber();
  std::optional<Scraper> scraper_;
  std::optional<Manager> manager_;
  std::vector<std::shared_ptr<const Batch>> batches_;
  std::vector<std::pair<std::string, std::chrono::milliseconds>> blocks_;
  std::shared_ptr<const NodeBlock> last_block_;
  asio::cancellation_signal stop_;
  bool ended_ = false;
  int slots_ = 0;
};

// 1,500,000,000 is a multiple of 60.
TEST_F(ManagerTest, CyclesBeginBehindTheBoundaries) {
  add_node("a");
  add_node("b");
  begin({});
  run_for(64s);
  EXPECT_THAT(boundaries(), ElementsAre(0)) << "the clock starts within the offset of a boundary";
  run_for(3s);
  EXPECT_THAT(boundaries(), ElementsAre(0, 60));
  ASSERT_THAT(batches_.back()->nodes, SizeIs(2));
  EXPECT_EQ(batches_.back()->nodes[0]->info->name, "a");
  run_for(600s);
  EXPECT_THAT(boundaries(), SizeIs(12));
  EXPECT_EQ(manager_->figures().skipped, 0U);
}

TEST_F(ManagerTest, RatesAreMadeFromBatchToBatch) {
  add_node("a");
  fetcher_.answer = [this](const std::string&) { return std::to_string(since_start().count() * 250'000); };
  begin({});
  run_for(130s);
  ASSERT_THAT(batches_, SizeIs(3));
  EXPECT_FALSE(batches_[0]->nodes[0]->node.has(Metric::kCpuUsageRate, 0));
  EXPECT_EQ(batches_[1]->nodes[0]->node.get(Metric::kCpuUsageRate, 0), 250);
  EXPECT_EQ(batches_[2]->nodes[0]->node.get(Metric::kCpuUsageRate, 0), 250);
}

TEST_F(ManagerTest, ANodeThatHangsDelaysNoOtherOne) {
  for (int i = 0; i < 20; ++i) add_node("node-" + std::to_string(i));
  fetcher_.hanging = {"node-3"};
  ScraperOptions scraping;
  scraping.spread = 0ms;
  begin({}, scraping);
  run_for(5s + 150ms);
  EXPECT_THAT(blocks_, SizeIs(19)) << "they are handed on at once";
  EXPECT_THAT(batches_, IsEmpty());
  run_for(11s);
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_THAT(batches_[0]->nodes, SizeIs(19));
  const auto state = scraper_->state("node-3");
  ASSERT_TRUE(state && state->error);
  EXPECT_EQ(state->error->message, "timed out");
  EXPECT_EQ(state->duration, 10s);
  EXPECT_FALSE(scraper_->state("node-4")->error);
}

TEST_F(ManagerTest, AnAnswerThatCannotBeReadIsTheNodesFailure) {
  add_node("a");
  add_node("b");
  fetcher_.answer = [](const std::string& node) { return node == "a" ? "garbage" : "1"; };
  begin({});
  run_for(10s);
  ASSERT_THAT(batches_, SizeIs(1));
  EXPECT_THAT(batches_[0]->nodes, SizeIs(1));
  EXPECT_EQ(scraper_->state("a")->error->message, "cannot read the answer of node a: not a number");
  EXPECT_EQ(manager_->figures().last_answers, 1U);
  EXPECT_EQ(manager_->figures().last_nodes, 2U);
}

TEST_F(ManagerTest, NodesThatAreNotReadyAreLeftOut) {
  add_node("a", false);
  begin({});
  run_for(10s);
  EXPECT_THAT(fetcher_.asked, IsEmpty());
  ASSERT_THAT(batches_, SizeIs(1));
}

TEST_F(ManagerTest, NoMoreThanTheLimitAtATime) {
  for (int i = 0; i < 50; ++i) add_node("node-" + std::to_string(i));
  ScraperOptions scraping;
  scraping.spread = 0ms;
  scraping.max_parallel = 7;
  begin({}, scraping);
  run_for(10s);
  EXPECT_EQ(fetcher_.most_open, 7);
  EXPECT_THAT(batches_.at(0)->nodes, SizeIs(50));
}

TEST_F(ManagerTest, TheStartIsSpreadAndTheSameEachTime) {
  for (int i = 0; i < 1'000; ++i) add_node("node-" + std::to_string(i));
  begin({});
  run_for(5s + 2s);
  EXPECT_NEAR(static_cast<double>(fetcher_.asked.size()), 500, 60);
  run_for(53s);
  const auto first = fetcher_.asked;
  ASSERT_THAT(first, SizeIs(1'000));
  fetcher_.asked.clear();
  run_for(60s);
  ASSERT_THAT(fetcher_.asked, SizeIs(1'000));
  for (std::size_t i = 0; i < first.size(); ++i) ASSERT_EQ(first[i].first, fetcher_.asked[i].first);
}

TEST_F(ManagerTest, ACycleThatLastsTooLongLetsTheNextOneOut) {
  add_node("a");
  ManagerOptions options;
  options.resolution = 10s;
  begin(options);
  fetcher_.delay = 17s;
  run_for(100s);
  for (std::size_t i = 1; i < batches_.size(); ++i) {
    EXPECT_EQ(batches_[i]->timestamp - batches_[i - 1]->timestamp, 20'000'000'000);
  }
  EXPECT_GE(manager_->figures().skipped, 3U);
}

TEST_F(ManagerTest, AClockThatGoesBackBringsNoBatchTwice) {
  add_node("a");
  begin({});
  run_for(200s);
  EXPECT_THAT(boundaries(), ElementsAre(0, 60, 120, 180));
  clock_.jump_wall(-100s);
  run_for(160s);
  for (std::size_t i = 1; i < batches_.size(); ++i) {
    EXPECT_GT(batches_[i]->timestamp, batches_[i - 1]->timestamp);
  }
  EXPECT_THAT(boundaries(), ElementsAre(0, 60, 120, 180, 240));
}

TEST_F(ManagerTest, NewNodesAndPodsAreScrapedSoonAndAgain) {
  add_node("a");
  ManagerOptions options;
  options.scrape_news = true;
  options.resolution = 300s;
  begin(options);
  run_for(1s);
  EXPECT_THAT(blocks_, SizeIs(1)) << "at once";
  EXPECT_THAT(batches_, IsEmpty());
  run_for(13s);
  EXPECT_THAT(blocks_, SizeIs(2)) << "the cycle's";
  run_for(6s);
  EXPECT_THAT(blocks_, SizeIs(3)) << "once more, for a CPU over a window";
  add_node("b");
  run_for(3s);
  ASSERT_THAT(blocks_, SizeIs(4));
  EXPECT_EQ(blocks_.back().first, "b");
  run_for(60s);
  EXPECT_THAT(blocks_, SizeIs(6)) << "b, until a rate can be told";

  kube::Pod pod;
  pod.metadata.name = "p";
  pod.metadata.namespace_ = "n";
  pod.spec.node_name = "a";
  directory_.pod_subscriber()->on_upsert(0, pod);
  run_for(13s);
  EXPECT_THAT(blocks_, SizeIs(6));
  // Another pod that comes shortly before the node is asked has its own 30 s.
  pod.metadata.name = "q";
  directory_.pod_subscriber()->on_upsert(1, pod);
  run_for(4s);
  ASSERT_THAT(blocks_, SizeIs(7));
  EXPECT_EQ(blocks_.back().first, "a");
  run_for(15s);
  ASSERT_THAT(blocks_, SizeIs(8));
  run_for(15s);
  ASSERT_THAT(blocks_, SizeIs(9));
  run_for(60s);
  EXPECT_THAT(blocks_, SizeIs(9));
  EXPECT_EQ(manager_->figures().extra_scrapes, 6U);
}

TEST_F(ManagerTest, ANodeThatFailedIsAskedAgainSoonAfterItAnswered) {
  add_node("a");
  fetcher_.answer = [this](const std::string&) { return since_start() < 100s ? "none" : "1000000000"; };
  ManagerOptions options;
  options.scrape_news = true;
  begin(options);
  run_for(100s);
  EXPECT_THAT(blocks_, IsEmpty());
  run_for(78s);  // the cycle at 125 s, and 15 and 30 s after its answer
  EXPECT_THAT(blocks_, SizeIs(3));
}

TEST_F(ManagerTest, WithoutTakersNoBatchesAreMade) {
  add_node("a");
  fetcher_.answer = [this](const std::string&) { return std::to_string(since_start().count() * 250'000); };
  ManagerOptions options;
  options.only_blocks = true;
  begin(options);
  run_for(130s);
  EXPECT_THAT(blocks_, SizeIs(3));
  EXPECT_THAT(batches_, IsEmpty());
  EXPECT_EQ(manager_->figures().cycles, 3U);
}

TEST_F(ManagerTest, BlocksShareTheNamesOfKnownPods) {
  add_node("a");
  kube::Pod pod;
  pod.metadata.namespace_ = "x";
  pod.metadata.name = "p";
  pod.metadata.uid = "u";
  directory_.pod_subscriber()->on_upsert(0, pod);
  std::string uid;
  fetcher_.answer = [&uid](const std::string&) { return uid; };
  ManagerOptions options;
  options.only_blocks = true;
  begin(options, {}, kPods);
  const auto name = directory_.find_pod("x", "p")->name;
  run_for(10s);
  ASSERT_TRUE(last_block_);
  EXPECT_EQ(last_block_->pod_rows[0].name, name) << "the same one, not an equal one";
  run_for(60s);
  EXPECT_EQ(last_block_->pod_rows[0].name, name);
  uid = "another";
  run_for(60s);
  EXPECT_EQ(last_block_->pod_rows[0].name->uid, "another");
}

TEST_F(ManagerTest, NodesThatLeftAreForgotten) {
  add_node("a");
  add_node("b");
  begin({});
  run_for(10s);
  EXPECT_THAT(scraper_->states(), SizeIs(2));
  nodes_->on_delete(0);
  run_for(60s);
  ASSERT_THAT(scraper_->states(), SizeIs(1));
  EXPECT_EQ(scraper_->states().begin()->first, "b");
  EXPECT_THAT(batches_.back()->nodes, SizeIs(1));
}

}  // namespace
}  // namespace kubevitals::usage
