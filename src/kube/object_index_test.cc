#include "kube/object_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace kubevitals::kube {
namespace {

TEST(ObjectIndexTest, FindsByNamespaceAndName) {
  ObjectIndex index(1);
  EXPECT_EQ(index.find(index.key("ns", "a", "u")), std::nullopt);
  const ObjectSlot a = index.insert(index.key("ns", "a", "u"), 5, 1);
  EXPECT_EQ(index.find(index.key("ns", "a", "other")), a) << "whatever the UID";
  EXPECT_NE(index[a].uid, index.key("ns", "a", "other").uid);
  EXPECT_EQ(index.find(index.key("", "a", "u")), std::nullopt);
  EXPECT_EQ(index.find(index.key("n", "sa", "u")), std::nullopt) << "where the namespace ends matters";
  EXPECT_EQ(index[a].version, 5u);
  EXPECT_EQ(index[a].epoch, 1u);
}

TEST(ObjectIndexTest, UsesSlotsAgain) {
  ObjectIndex index(1);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(index.insert(index.key("", std::to_string(i), ""), 0, 1), static_cast<ObjectSlot>(i));
  }
  index.erase(3);
  index.erase(7);
  EXPECT_EQ(index[3].epoch, 0u);
  EXPECT_EQ(index.size(), 8u);
  EXPECT_EQ(index.insert(index.key("", "x", ""), 0, 1), 7u);
  EXPECT_EQ(index.insert(index.key("", "y", ""), 0, 1), 3u);
  EXPECT_EQ(index.insert(index.key("", "z", ""), 0, 1), 10u);
  EXPECT_EQ(index.slots(), 11u);
}

TEST(ObjectIndexTest, BehavesAsAMapWhateverIsDoneToIt) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    ObjectIndex index(static_cast<std::uint64_t>(round));
    std::map<std::string, ObjectSlot> model;
    const int names = 1 << (round % 11);
    for (int step = 0; step < 3000; ++step) {
      const std::string name = std::to_string(random() % static_cast<unsigned>(names));
      const ObjectKey key = index.key("ns", name, "u");
      const auto found = index.find(key);
      const auto known = model.find(name);
      ASSERT_EQ(found.has_value(), known != model.end());
      if (!found) {
        model[name] = index.insert(key, 0, 1);
      } else {
        ASSERT_EQ(*found, known->second);
        if (random() % 2 == 0) {
          index.erase(*found);
          model.erase(known);
        }
      }
      ASSERT_EQ(index.size(), model.size());
    }
    for (const auto& [name, slot] : model) {
      ASSERT_EQ(index.find(index.key("ns", name, "u")), slot);
    }
  }
}

TEST(ObjectIndexTest, TakesSome40BytesAnObject) {
  ObjectIndex index(1);
  for (int i = 0; i < 50'000; ++i) {
    index.insert(index.key("namespace", "pod-" + std::to_string(i), std::to_string(i)), 1, 1);
  }
  EXPECT_LE(index.memory_bytes(), 43u * 50'000);
}

}  // namespace
}  // namespace kubevitals::kube
