#include "usage/directory/directory.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kubevitals::usage {
namespace {

class DirectoryPodsTest : public ::testing::Test {
 protected:
  void put(kube::ObjectSlot slot, std::string_view name, std::string_view uid, std::string_view node = "n") {
    kube::Pod pod;
    pod.metadata.namespace_ = "x";
    pod.metadata.name = name;
    pod.metadata.uid = uid;
    pod.spec.node_name = node;
    pods_->on_upsert(slot, pod);
  }

  // The uid of the pod, "none" when there is none.
  std::string find(std::string_view name) const {
    const auto pod = directory_.find_pod("x", name);
    return pod ? pod->name->uid : "none";
  }

  std::string all() const {
    std::string names;
    for (const auto& pod : *directory_.pods()) names += pod->name->name + " ";
    return names;
  }

  Directory directory_;
  std::shared_ptr<kube::FeedSubscriber<kube::Pod>> pods_ = directory_.pod_subscriber();
};

TEST_F(DirectoryPodsTest, AreFoundByName) {
  for (int i = 0; i < 1000; ++i)
    put(static_cast<kube::ObjectSlot>(i), "p" + std::to_string(i), std::to_string(i));
  EXPECT_EQ(find("p999"), "999");
  EXPECT_EQ(directory_.find_pod("y", "p999"), nullptr);
  for (int i = 0; i < 999; ++i) pods_->on_delete(static_cast<kube::ObjectSlot>(i));
  EXPECT_EQ(find("p998"), "none");
  EXPECT_EQ(all(), "p999 ");
}

TEST_F(DirectoryPodsTest, TheLaterOfTwoWithOneNameIsThere) {
  put(0, "a", "first");
  put(1, "a", "second");
  EXPECT_EQ(find("a"), "second");
  EXPECT_EQ(all(), "a ");
  put(0, "b", "third");
  EXPECT_EQ(all(), "a b ");
  pods_->on_delete(0);
  EXPECT_EQ(find("a"), "second");
  pods_->on_delete(1);
  EXPECT_EQ(all(), "");
}

TEST_F(DirectoryPodsTest, TheEarlierOfTwoWithOneNameLeavesTheOther) {
  put(0, "a", "first");
  put(1, "a", "second");
  pods_->on_delete(0);
  EXPECT_EQ(find("a"), "second");
}

TEST_F(DirectoryPodsTest, KeepTheirNamesWhileTheyLive) {
  put(0, "a", "first", "");
  const auto before = directory_.find_pod("x", "a");
  put(0, "a", "first");
  const auto bound = directory_.find_pod("x", "a");
  EXPECT_EQ(*bound->node, "n");
  EXPECT_EQ(bound->name, before->name) << "the same one, not an equal one";
  put(0, "a", "second");
  EXPECT_EQ(find("a"), "second");
  EXPECT_EQ(bound->name->uid, "first");
}

}  // namespace
}  // namespace kubevitals::usage
