#include "discovery/zookeeper/discoverer.h"

#include <gtest/gtest.h>

#include <random>

#include "discovery/mechanism_fixture.h"
#include "discovery/zookeeper/fake_zookeeper.h"

namespace kubevitals::discovery::zookeeper {
namespace {

using namespace std::chrono_literals;
using Notes = std::vector<std::string>;

// The data are the address; none make no target.
Result<LabelBlockPtr> parse_address(std::string_view data, const std::string&) {
  if (data.empty()) return Error{ErrorCode::kInvalid, "no data"};
  LabelBlockBuilder labels;
  labels.add(address_label(), data);
  return labels.build();
}

// Keeps what it is told.
class KeepingSink final : public GroupSink {
 public:
  void update(std::vector<TargetGroupPtr> groups) override {
    for (const TargetGroupPtr& group : groups) {
      if (group->targets.empty()) {
        known.erase(group->source);
      } else {
        known[group->source] = std::string(group->targets[0]->find(address_label()).value_or(""));
      }
    }
  }
  void failed(Error) override {}
  void recovered() override {}

  std::map<std::string, std::string> known;
};

class ZooKeeperDiscovererTest : public MechanismTest {
 protected:
  ZooKeeperDiscovererTest() : MechanismTest(metric_families()) {}

  void TearDown() override {
    stop();
    EXPECT_EQ(zookeeper_.sessions_open(), 0);
    EXPECT_EQ(watchers(), 0);
  }

  void start(std::vector<std::string> paths, GroupSink& sink) {
    TreeOptions options;
    options.servers = {"zk:1", "zk:2"};
    options.paths = std::move(paths);
    MechanismTest::start(make_tree_discoverer(options, &parse_address, context(), zookeeper_.opener()), sink);
  }
  Notes started(std::vector<std::string> paths) {
    start(std::move(paths), sink_);
    return notes_after(0s);
  }

  double failures() { return counter("prometheus_treecache_zookeeper_failures_total"); }
  double watchers() { return counter("prometheus_treecache_watcher_goroutines"); }

  FakeZooKeeper zookeeper_{io_.get_executor()};
};

TEST_F(ZooKeeperDiscovererTest, FindsTheWholeTreeAtTheStart) {
  zookeeper_.set("/a/b/c", "x");
  zookeeper_.set("/a/d", "y");
  zookeeper_.set("/e", "z");
  EXPECT_EQ(started({"/a"}), Notes{"update [/a/b/c: | __address__=x] [/a/d: | __address__=y]"});
  EXPECT_EQ(watchers(), 4);
  EXPECT_EQ(zookeeper_.take_readings(), 4);
  EXPECT_EQ(failures(), 0);
}

TEST_F(ZooKeeperDiscovererTest, FollowsChanges) {
  zookeeper_.set("/a", "");
  EXPECT_EQ(started({"/a"}), Notes{"update"});
  zookeeper_.set("/a/b/c", "x");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b/c: | __address__=x]"});
  zookeeper_.set("/a/b/c", "y");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b/c: | __address__=y]"});
  zookeeper_.set("/a/b/c", "y");
  EXPECT_EQ(notes_after(0s), Notes{});
  zookeeper_.set("/a/b", "z");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b: | __address__=z]"});
  zookeeper_.remove("/a/b");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b:] [/a/b/c:]"});
  EXPECT_EQ(watchers(), 1);
}

TEST_F(ZooKeeperDiscovererTest, EmptiesTheGroupOfDataThatMakeNoSense) {
  zookeeper_.set("/a/b", "x");
  EXPECT_EQ(started({"/a"}).size(), 1u);
  zookeeper_.set("/a/b", "");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b:]"});
  zookeeper_.set("/a/b", "y");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/b: | __address__=y]"});
}

TEST_F(ZooKeeperDiscovererTest, WaitsForAPathThatIsNotThere) {
  const std::string failure = "failed cannot watch /a/b: there is no such node";
  EXPECT_EQ(started({"/a/b"}), (Notes{failure, "update", failure}));
  EXPECT_EQ(failures(), 1);
  zookeeper_.set("/a/b", "x");
  EXPECT_EQ(notes_after(0s), (Notes{"update [/a/b: | __address__=x]", failure, "recovered"}));
  zookeeper_.remove("/a");
  EXPECT_EQ(notes_after(0s), (Notes{failure, "update [/a/b:]", failure}));
  zookeeper_.set("/a/b/c", "y");
  EXPECT_EQ(notes_after(0s).back(), "recovered");
  EXPECT_EQ(failures(), 2);
}

TEST_F(ZooKeeperDiscovererTest, KeepsWhatItKnowsWhileThereIsNoConnection) {
  zookeeper_.set("/a/b", "x");
  zookeeper_.set("/a/c", "y");
  zookeeper_.set("/a/d", "z");
  started({"/a"});
  zookeeper_.disconnect();
  EXPECT_EQ(notes_after(0s), Notes{"failed the connection to ZooKeeper was lost"});
  zookeeper_.remove("/a/b");
  zookeeper_.set("/a/c", "new");
  zookeeper_.set("/a/e/f", "w");
  EXPECT_EQ(notes_after(25s), (Notes{"failed cannot connect to ZooKeeper at zk:1,zk:2",
                                     "failed cannot connect to ZooKeeper at zk:1,zk:2"}));
  zookeeper_.connect();
  Notes notes = notes_after(0s);
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes.back(), "recovered");
  std::erase_if(notes, [](const std::string& note) { return !note.starts_with("update"); });
  std::string all;
  for (const std::string& note : notes) all += note + " ";
  EXPECT_NE(all.find("[/a/b:]"), std::string::npos);
  EXPECT_NE(all.find("[/a/c: | __address__=new]"), std::string::npos);
  EXPECT_NE(all.find("[/a/e/f: | __address__=w]"), std::string::npos);
  EXPECT_EQ(all.find("/a/d"), std::string::npos);
  EXPECT_EQ(zookeeper_.sessions_opened(), 1);
}

TEST_F(ZooKeeperDiscovererTest, BeginsANewSessionWhenOneExpires) {
  zookeeper_.set("/a/b", "x");
  started({"/a"});
  zookeeper_.disconnect();
  notes_after(0s);
  zookeeper_.remove("/a/b");
  zookeeper_.connect();
  zookeeper_.expire();
  const Notes notes = notes_after(0s);
  EXPECT_EQ(zookeeper_.sessions_opened(), 2);
  EXPECT_EQ(notes.back(), "recovered");
  EXPECT_NE(std::find(notes.begin(), notes.end(), "update [/a/b:]"), notes.end());
  zookeeper_.set("/a/c", "y");
  EXPECT_EQ(notes_after(0s), Notes{"update [/a/c: | __address__=y]"});
}

// The servers have lost their history, and refuse a session that has seen more.
TEST_F(ZooKeeperDiscovererTest, GivesASessionUpThatFindsNoConnection) {
  zookeeper_.set("/a/b", "x");
  started({"/a"});
  zookeeper_.disconnect();
  notes_after(29s);
  EXPECT_EQ(zookeeper_.sessions_opened(), 1);
  notes_after(11s);
  EXPECT_EQ(zookeeper_.sessions_opened(), 2);
  zookeeper_.remove("/a/b");
  zookeeper_.connect();
  EXPECT_EQ(notes_after(0s).back(), "recovered");
}

TEST_F(ZooKeeperDiscovererTest, EndsWithoutEverHavingBeenConnected) {
  zookeeper_.disconnect();
  EXPECT_EQ(started({"/a"}), Notes{});
  stop();
}

TEST_F(ZooKeeperDiscovererTest, TriesAgainWhenNoSessionBegins) {
  zookeeper_.be_unknown(true);
  zookeeper_.set("/a/b", "x");
  EXPECT_EQ(started({"/a"}), Notes{"failed nobody knows that name"});
  EXPECT_EQ(notes_after(9s), Notes{});
  zookeeper_.be_unknown(false);
  const Notes notes = notes_after(2s);
  ASSERT_FALSE(notes.empty());
  EXPECT_EQ(notes.back(), "recovered");
  EXPECT_EQ(zookeeper_.sessions_opened(), 2);
}

TEST_F(ZooKeeperDiscovererTest, KeepsANodeThatCannotBeRead) {
  zookeeper_.set("/a/b", "x");
  zookeeper_.set("/a/c", "y");
  started({"/a"});
  zookeeper_.refuse("/a/b");
  zookeeper_.set("/a/b", "new");
  zookeeper_.set("/a/c", "newer");
  const std::string failure = "failed cannot read /a/b: refused";
  EXPECT_EQ(notes_after(0s), (Notes{failure, "update [/a/c: | __address__=newer]", failure}));
  EXPECT_EQ(notes_after(10s), Notes{failure});
  zookeeper_.refuse("/a/b", false);
  EXPECT_EQ(notes_after(10s), (Notes{"update [/a/b: | __address__=new]", failure, "recovered"}));
}

TEST_F(ZooKeeperDiscovererTest, StartsWithoutNodesThatCannotBeRead) {
  zookeeper_.set("/a/b/c", "x");
  zookeeper_.set("/a/d", "y");
  zookeeper_.refuse("/a/b");
  const std::string failure = "failed cannot read /a/b: refused";
  EXPECT_EQ(started({"/a"}), (Notes{failure, "update [/a/d: | __address__=y]", failure}));
  zookeeper_.refuse("/a/b", false);
  EXPECT_EQ(notes_after(10s), (Notes{"update [/a/b/c: | __address__=x]", failure, "recovered"}));
}

TEST_F(ZooKeeperDiscovererTest, SaysNothingWhenNothingCanBeRead) {
  zookeeper_.set("/a/b", "x");
  zookeeper_.refuse("/a");
  EXPECT_EQ(started({"/a"}), Notes{"failed cannot read /a: refused"});
  zookeeper_.refuse("/a", false);
  EXPECT_EQ(notes_after(10s).front(), "update [/a/b: | __address__=x]");
}

TEST_F(ZooKeeperDiscovererTest, TakesPathsThatLieWithinOthers) {
  zookeeper_.set("/a/b/c", "x");
  EXPECT_EQ(started({"/a", "/a/b", "/a"}), Notes{"update [/a/b/c: | __address__=x]"});
  zookeeper_.remove("/a/b");
  EXPECT_EQ(notes_after(0s).front(), "failed cannot watch /a/b: there is no such node");
  zookeeper_.set("/a/b", "y");
  EXPECT_EQ(notes_after(0s).back(), "recovered");
  zookeeper_.remove("/a");
  notes_after(0s);
  zookeeper_.set("/a/b", "z");
  notes_after(0s);
  EXPECT_EQ(watchers(), 2);
}

TEST_F(ZooKeeperDiscovererTest, WatchesFromTheRoot) {
  zookeeper_.set("/a/b", "x");
  EXPECT_EQ(started({"/"}), Notes{"update [/a/b: | __address__=x]"});
  zookeeper_.set("/c", "y");
  EXPECT_EQ(notes_after(0s), Notes{"update [/c: | __address__=y]"});
}

TEST_F(ZooKeeperDiscovererTest, ReadsManyNodes) {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    zookeeper_.set("/a/" + name, "x" + name);
  }
  KeepingSink sink;
  start({"/a"}, sink);
  clock_.run_for(io_, 0s);
  EXPECT_EQ(sink.known.size(), 1000u);
  EXPECT_EQ(zookeeper_.take_readings(), 1001);
  stop();
}

TEST_F(ZooKeeperDiscovererTest, EndsWhileItReads) {
  zookeeper_.set("/a/b", "x");
  start({"/a"}, sink_);
  for (int i = 0; i < 3; ++i) io_.run_one();
  stop();
  EXPECT_EQ(sink_.take(), Notes{});
}

// Whatever happens in whatever moment: in the end what is known is what there is.
TEST_F(ZooKeeperDiscovererTest, AgreesWithTheTreeAfterAnything) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
    KeepingSink sink;
    start({"/a", "/a/0/1", "/b"}, sink);
    for (int step = 0; step < 60; ++step) {
      std::string path = pick(4) == 0 ? "/b" : "/a";
      for (unsigned depth = pick(4); depth > 0; --depth) path += "/" + std::to_string(pick(3));
      const unsigned what = pick(20);
      if (what < 10) {
        zookeeper_.set(path, pick(4) == 0 ? "" : std::to_string(step));
      } else if (what < 16) {
        zookeeper_.remove(path);
      } else if (what == 16) {
        zookeeper_.disconnect();
      } else if (what == 17) {
        zookeeper_.connect();
      } else if (what == 18) {
        zookeeper_.expire();
      } else {
        zookeeper_.refuse(path, pick(3) == 0);
      }
      io_.restart();
      for (unsigned turns = pick(12); turns > 0; --turns) io_.poll_one();
      if (pick(5) == 0) clock_.run_for(io_, 3s);
    }
    zookeeper_.refuse_nothing();
    zookeeper_.connect();
    clock_.run_for(io_, 60s);
    std::map<std::string, std::string> wanted;
    for (const auto& [path, data] : zookeeper_.nodes()) {
      if (!data.empty() && (path.starts_with("/a") || path.starts_with("/b"))) wanted[path] = data;
    }
    EXPECT_EQ(sink.known, wanted) << "seed " << seed;
    stop();
    zookeeper_.remove("/a");
    zookeeper_.remove("/b");
    clock_.run_for(io_, 0s);
  }
}

}  // namespace
}  // namespace kubevitals::discovery::zookeeper
