#include "sim/store.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <map>

#include "sim/cluster.h"
#include "sim/life.h"
#include "sim/stored_document.h"

namespace kubevitals::sim {
namespace {

ClusterOptions options(std::uint64_t seed) {
  ClusterOptions result;
  result.pods = 300;
  result.seed = seed;
  return result;
}

// A living cluster without its lock.
struct World {
  explicit World(const ClusterOptions& given) : store(given), life(store, given) {}
  Store store;
  Life life;
};

std::map<std::string, std::string> contents(const Store& store, unsigned resource, const Snapshot& snapshot) {
  std::map<std::string, std::string> result;
  for (const Version& version : snapshot.versions) {
    result[key_of(store.layout(), resource, version)] =
        json::serialize(render(store.layout(), resource, version, {}));
  }
  EXPECT_EQ(result.size(), snapshot.versions.size()) << "an object stands in a snapshot twice";
  return result;
}

std::map<std::string, std::string> contents_at(const Store& store, unsigned resource, std::uint64_t rv) {
  const Result<Snapshot> snapshot = store.snapshot(resource, rv, {}, {}, 0);
  EXPECT_TRUE(snapshot);
  return contents(store, resource, *snapshot);
}

TEST(Store, AFormerSnapshotIsWhatTheSnapshotWasThen) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world(options(seed));
    std::map<std::uint64_t, std::map<std::string, std::string>> then;
    for (int i = 0; i < 6; ++i) {
      then[world.store.rv()] = contents_at(world.store, kPod, world.store.rv());
      world.life.churn(120);
      world.life.advance(3);
    }
    for (const auto& [rv, expected] : then) EXPECT_EQ(contents_at(world.store, kPod, rv), expected);
  }
}

TEST(Store, PagesOfAFormerSnapshotAddUpToIt) {
  World world(options(5));
  const std::uint64_t rv = world.store.rv();
  const auto whole = contents_at(world.store, kPod, rv);
  for (const std::string& ns : {std::string(), std::string("default")}) {
    const Result<Snapshot> expected = world.store.snapshot(kPod, rv, ns, {}, 0);
    ASSERT_TRUE(expected);
    std::size_t seen = 0;
    std::string start;
    do {
      world.life.churn(40);
      world.life.advance(1);
      const Result<Snapshot> page = world.store.snapshot(kPod, rv, ns, start, 37);
      ASSERT_TRUE(page);
      for (const Version& version : page->versions) {
        ASSERT_LT(seen, expected->versions.size());
        EXPECT_EQ(version.rv, expected->versions[seen].rv);
        ++seen;
      }
      EXPECT_EQ(page->remaining, expected->versions.size() - seen);
      start = page->next_key;
    } while (!start.empty());
    EXPECT_EQ(seen, expected->versions.size());
  }
  EXPECT_EQ(contents_at(world.store, kPod, rv), whole);
}

TEST(Store, EventsTurnOneSnapshotIntoTheNext) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    World world(options(seed));
    for (const unsigned resource : {kPod, kReplicaSet, kDeployment, kEndpointSlice, kNode, kJob}) {
      const std::uint64_t begin = world.store.rv();
      auto objects = contents_at(world.store, resource, begin);
      world.life.churn(400);
      world.life.advance(10);
      const EventLog& log = world.store.log(resource);
      std::uint64_t last = begin;
      for (std::size_t i = log.after(begin); i < log.size(); ++i) {
        const Event& event = log.at(i);
        EXPECT_GT(event.after.rv, last);
        last = event.after.rv;
        const std::string key = key_of(world.store.layout(), resource, event.after);
        EXPECT_EQ(event.type != EventType::kAdded, objects.contains(key)) << key;
        if (event.type == EventType::kDeleted) {
          objects.erase(key);
        } else {
          objects[key] = json::serialize(render(world.store.layout(), resource, event.after, {}));
        }
      }
      EXPECT_EQ(objects, contents_at(world.store, resource, world.store.rv()));
    }
  }
}

TEST(Store, ForgetsEventsBeyondItsCapacity) {
  ClusterOptions small = options(1);
  small.watch_cache = 10;
  World world(small);
  const std::uint64_t rv = world.store.rv();
  world.life.churn_pods(11);
  const Result<Snapshot> snapshot = world.store.snapshot(kPod, rv, {}, {}, 0);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, ErrorCode::kGone);
  EXPECT_TRUE(world.store.snapshot(kNode, rv, {}, {}, 0));  // nothing happened to nodes
  world.store.compact();
  EXPECT_FALSE(world.store.snapshot(kNode, rv, {}, {}, 0));
  EXPECT_TRUE(world.store.snapshot(kNode, world.store.rv(), {}, {}, 0));
}

TEST(Life, IsTheSameForASeed) {
  World one(options(7)), two(options(7)), other(options(8));
  for (World* world : {&one, &two, &other}) {
    for (int i = 0; i < 5; ++i) {
      world->life.churn(200);
      world->life.advance(2.5);
    }
  }
  EXPECT_EQ(one.store.rv(), two.store.rv());
  for (unsigned resource = 0; resource < catalog().size(); ++resource) {
    EXPECT_EQ(contents_at(one.store, resource, one.store.rv()),
              contents_at(two.store, resource, two.store.rv()));
  }
  EXPECT_NE(contents_at(one.store, kPod, one.store.rv()), contents_at(other.store, kPod, other.store.rv()));
}

TEST(Life, KeepsTheCountsOfControllersTrue) {
  World world(options(3));
  world.life.churn(3000);
  // Until all that was begun is ended, without new churn.
  for (int i = 0; i < 100; ++i) world.life.advance(1);
  const Collection& pods = world.store.collection(kPod);
  std::map<std::string, std::uint32_t> ready;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    if (pods.at(i).state != State::kNormal || pods.at(i).terminating) continue;
    const json::object pod = render(world.store.layout(), kPod, pods.at(i), {});
    const json::value* owners = find_member(pod, {"metadata", "ownerReferences"});
    ++ready[std::string(text_member(owners->as_array().at(0).as_object(), {"uid"}))];
  }
  const Collection& sets = world.store.collection(kReplicaSet);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const json::object set = render(world.store.layout(), kReplicaSet, sets.at(i), {});
    EXPECT_EQ(integer_member(set, {"status", "readyReplicas"}, 0),
              ready[std::string(text_member(set, {"metadata", "uid"}))])
        << sets.key_at(i);
    EXPECT_EQ(integer_member(set, {"status", "replicas"}, 0), integer_member(set, {"spec", "replicas"}, 0));
  }
}

TEST(Life, ChangesExactlyAsManyPodsAsAskedFor) {
  World world(options(2));
  world.life.churn(500);  // also when something is under way
  const std::uint64_t rv = world.store.rv();
  EXPECT_EQ(world.life.churn_pods(123), 123u);
  std::map<std::string, int> changes;
  const EventLog& log = world.store.log(kPod);
  for (std::size_t i = log.after(rv); i < log.size(); ++i) {
    EXPECT_EQ(log.at(i).type, EventType::kModified);
    ++changes[key_of(world.store.layout(), kPod, log.at(i).after)];
  }
  EXPECT_EQ(changes.size(), 123u);
  for (const auto& [key, count] : changes) EXPECT_EQ(count, 1) << key;
  EXPECT_EQ(world.life.churn_pods(1'000'000), world.store.collection(kPod).size());
}

TEST(Life, GoesOnInAnEmptyCluster) {
  ClusterOptions none;
  none.pods = 0;
  World world(none);
  EXPECT_GT(world.life.churn(10), 0u);  // nodes' heartbeats
  EXPECT_EQ(world.life.churn_pods(10), 0u);
}

}  // namespace
}  // namespace kubevitals::sim
