#include "discovery/kubernetes/projection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "discovery/kubernetes/table.h"

namespace kubevitals::discovery::kubernetes {
namespace {

class CountingWaker final : public Waker {
 public:
  void wake() override { ++count; }
  std::atomic<int> count = 0;
};

RecordPtr<OwnedRecord> record(const std::string& name, const std::string& owner) {
  boost::intrusive_ptr<OwnedRecord> made(new OwnedRecord());
  made->key = name;
  made->owner = owner;
  return made;
}

using Store = RecordStore<OwnedRecord>;

TEST(RecordStore, ATapIsWokenOnceUntilItTakes) {
  const auto store = std::make_shared<Store>();
  CountingWaker waker;
  Store::Tap tap(store, waker, {});
  EXPECT_EQ(waker.count, 1);
  tap.take();
  store->upsert(0, record("a", "x"));
  store->upsert(0, record("a", "y"));
  store->upsert(1, record("b", "x"));
  store->erase(1);
  EXPECT_EQ(waker.count, 2);
  const auto news = tap.take();
  ASSERT_EQ(news.changes.size(), 2u);
  EXPECT_EQ(news.changes[0].record->owner, "y");
  EXPECT_EQ(news.changes[1].record, nullptr);
  EXPECT_TRUE(tap.take().changes.empty());
}

TEST(RecordStore, AnUnchangedObjectIsAChangeWithTheSameRecord) {
  const auto store = std::make_shared<Store>();
  CountingWaker waker;
  Store::Tap tap(store, waker, {});
  store->upsert(0, record("a", "x"));
  const auto first = tap.take();
  store->upsert(0, record("a", "x"));
  const auto second = tap.take();
  ASSERT_EQ(second.changes.size(), 1u);
  EXPECT_EQ(second.changes[0].record, first.changes[0].record);
}

TEST(RecordStore, WhoJoinsLateSeesEverything) {
  const auto store = std::make_shared<Store>();
  store->upsert(3, record("a", "x"));
  store->synced();
  CountingWaker waker;
  Store::Tap tap(store, waker, {});
  const auto news = tap.take();
  EXPECT_TRUE(news.state.synced);
  ASSERT_EQ(news.changes.size(), 1u);
  EXPECT_EQ(news.changes[0].slot, 3u);
}

TEST(RecordStore, ACompleteListEndsAnError) {
  const auto store = std::make_shared<Store>();
  CountingWaker waker;
  Store::Tap tap(store, waker, {});
  store->set_error("no");
  EXPECT_EQ(tap.take().state.error, "no");
  store->synced();
  EXPECT_EQ(tap.take().state.error, "");
}

TEST(RecordStore, FollowersOnOtherThreadsComeToTheSame) {
  const auto store = std::make_shared<Store>();
  std::atomic<bool> done = false;
  const auto follow = [&](Table<OwnedRecord>& table) {
    CountingWaker waker;
    Store::Tap tap(store, waker, {});
    for (bool last = false; !last;) {
      last = done;
      for (auto& change : tap.take().changes) table.put(change.slot, std::move(change.record));
    }
  };
  Table<OwnedRecord> first;
  Table<OwnedRecord> second;
  std::thread one(follow, std::ref(first));
  std::thread two(follow, std::ref(second));
  std::mt19937 random(1);
  std::map<kube::ObjectSlot, std::string> expected;
  for (int i = 0; i < 20'000; ++i) {
    const kube::ObjectSlot slot = random() % 50;
    if (random() % 4 == 0) {
      store->erase(slot);
      expected.erase(slot);
    } else {
      expected[slot] = std::to_string(random() % 5);
      store->upsert(slot, record("o" + std::to_string(slot), expected[slot]));
    }
  }
  done = true;
  one.join();
  two.join();
  for (const auto* table : {&first, &second}) {
    EXPECT_EQ(table->size(), expected.size());
    for (const auto& [slot, owner] : expected) {
      const OwnedRecord* found = table->find("o" + std::to_string(slot));
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->owner, owner);
    }
  }
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
