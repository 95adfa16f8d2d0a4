// Random clusters, random faults: in the end every subscriber knows what the cluster has, and on the way it
// never saw what the feed promises not to show.
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "kube/fake_cluster.h"
#include "kube/feed_fixture.h"

namespace kubevitals::kube::fake {
namespace {

// The seeds of a run; more with KUBEVITALS_RANDOM_SEEDS.
std::uint64_t seeds() {
  const char* text = std::getenv("KUBEVITALS_RANDOM_SEEDS");
  return text == nullptr ? 3000 : std::strtoull(text, nullptr, 10);
}

class Scenario final {
 public:
  explicit Scenario(std::uint64_t seed)
      : random_(seed), cluster_(clock_, seed + 1), transport_(clock_), feeds_(make_feeds(seed)) {
    transport_.fallback = [this](const Request& request) { return cluster_.answer(request); };
  }

  ~Scenario() {
    asio::co_spawn(context_, feeds_->stop(), asio::detached);
    clock_.run_for(context_, 0ms);
  }

  void go() {
    join();
    for (int step = 0; step < 60; ++step) {
      if (members_.size() < 3 && random_() % 20 == 0) {
        join();
      } else if (members_.size() > 1 && random_() % 20 == 0) {
        check_faults(members_.front());
        members_.erase(members_.begin());
      }
      for (std::uint64_t changes = random_() % 4; changes > 0; --changes) {
        cluster_.change();
      }
      cluster_.tick();
      clock_.run_for(context_, std::chrono::milliseconds(random_() % 8000));
    }
    cluster_.faulty = false;
    for (int minute = 0; minute < 15; ++minute) {
      cluster_.tick();
      clock_.run_for(context_, 1min);
    }
    compare("after the faults");
    for (int i = 0; i < 3; ++i) {
      cluster_.change();
    }
    cluster_.tick();
    for (int minute = 0; minute < 5; ++minute) {  // a change may have compacted the history: time for a list
      clock_.run_for(context_, 1min);
      cluster_.tick();
    }
    clock_.run_for(context_, 10s);
    compare("after further changes");
  }

  std::size_t requests() const { return transport_.requests.size(); }

 private:
  struct Member {
    std::shared_ptr<Recorder> recorder = std::make_shared<Recorder>();
    std::unique_ptr<Subscription> subscription;
  };

  std::unique_ptr<Feeds> make_feeds(std::uint64_t seed) {
    FeedOptions options;
    options.page_size = 1 + static_cast<std::uint32_t>(random_() % 5);
    options.use_apiserver_cache = random_() % 3 == 0;
    options.watch_list = random_() % 4 != 0;
    return std::make_unique<Feeds>(context_.get_executor(), transport_, clock_, options, seed);
  }

  void join() {
    members_.emplace_back();
    const WatchScope scope{kNamespaces, {}, {}, {}};
    members_.back().subscription = feeds_->subscribe<Namespace>(scope, members_.back().recorder);
  }

  void check_faults(const Member& member) { EXPECT_THAT(member.recorder->faults, testing::IsEmpty()); }

  void compare(const char* when) {
    for (const Member& member : members_) {
      check_faults(member);
      EXPECT_EQ(member.recorder->objects(), cluster_.objects()) << when;
      EXPECT_GT(member.recorder->synced, 0);
    }
    const FeedStats stats = feeds_->stats().at(0);
    EXPECT_EQ(stats.last_error, "");
    EXPECT_EQ(stats.objects, cluster_.objects().size());
  }

  asio::io_context context_;
  VirtualClock clock_;
  std::mt19937_64 random_;
  Cluster cluster_;
  Transport transport_;
  std::unique_ptr<Feeds> feeds_;
  std::vector<Member> members_;
};

TEST(ReflectorRandomTest, NothingIsLostDuplicatedOrLeftStale) {
  spdlog::set_level(spdlog::level::off);  // thousands of faults
  std::size_t requests = 0;
  for (std::uint64_t seed = 0; seed < seeds() && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Scenario scenario(seed);
    scenario.go();
    requests += scenario.requests();
  }
  spdlog::set_level(spdlog::level::info);
  EXPECT_GT(requests, seeds() * 10) << "hardly anything happened";
}

}  // namespace
}  // namespace kubevitals::kube::fake
