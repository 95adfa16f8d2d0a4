#include "discovery/label_block.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

#include "discovery/label_set.h"
#include "discovery/recording_sink.h"

namespace kubevitals::discovery {
namespace {

using Map = std::map<std::string, std::string>;

LabelBlockPtr block(const Map& labels, std::vector<LabelBlockPtr> parents = {}) {
  LabelBlockBuilder builder;
  for (const auto& [name, value] : labels) builder.add(name, value);
  return builder.build(parents);
}

Map all(std::initializer_list<const LabelBlock*> blocks) {
  std::vector<Label> labels;
  merge_labels(blocks, labels);
  Map map;
  for (const Label& label : labels) {
    EXPECT_TRUE(map.emplace(label.name.text(), label.value).second) << "twice: " << label.name.text();
  }
  return map;
}

TEST(LabelName, IsTheSameForTheSameText) {
  EXPECT_EQ(LabelName("job"), LabelName("job"));
  EXPECT_NE(LabelName("job"), LabelName("instance"));
  EXPECT_EQ(LabelName("job").text(), "job");
  EXPECT_FALSE(NameKeeper().find("never interned anywhere"));
  EXPECT_TRUE(LabelName("__meta_x").is_meta());
  EXPECT_TRUE(LabelName("__x").is_internal());
  EXPECT_FALSE(LabelName("_x").is_internal());
}

TEST(LabelName, IsForgottenWithItsLastKeeperWhenItIsNotLasting) {
  use_up_lasting_names();
  const std::size_t before = LabelName::count();
  LabelBlockPtr first = block({{"passing", "1"}, {"job", "x"}});
  const LabelName name = first->own(1).name;
  EXPECT_FALSE(name.is_lasting());
  LabelBlockPtr second = block({{"passing", "2"}});
  first.reset();
  EXPECT_EQ(name.text(), "passing");
  EXPECT_EQ(second->own(0).name, name);
  {
    NameKeeper keeper;
    EXPECT_EQ(keeper.find("passing"), name);
    second.reset();
    EXPECT_EQ(LabelName::count(), before + 1);
  }
  EXPECT_EQ(LabelName::count(), before);
  EXPECT_FALSE(NameKeeper().find("passing"));
  EXPECT_EQ(block({{"another", ""}})->own(0).name, name) << "the number is used again";

  EXPECT_EQ(LabelName("of the program"), LabelName("of the program"));
  EXPECT_EQ(LabelName::count(), before + 1);
}

// Under ThreadSanitizer: names that come and go on several threads, the same ones at a time.
TEST(LabelName, IsTheSameOnAllThreadsWhileSomebodyKeepsIt) {
  use_up_lasting_names();
  const std::size_t before = LabelName::count();
  const auto come_and_go = [](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<LabelBlockPtr> blocks(8);
    for (int i = 0; i < 20'000; ++i) {
      const std::string text = "race" + std::to_string(random() % 12);
      LabelBlockPtr& block = blocks[random() % blocks.size()];
      LabelBlockBuilder builder;
      builder.add(text, text);
      block = builder.build();
      for (const LabelBlockPtr& kept : blocks) {
        if (!kept) continue;
        ASSERT_EQ(kept->own(0).name.text(), kept->own(0).value);
      }
    }
  };
  std::thread other(come_and_go, 1);
  come_and_go(2);
  other.join();
  EXPECT_EQ(LabelName::count(), before);
}

TEST(LabelName, IsSanitisedByCharactersNotBytes) {
  EXPECT_EQ(sanitize_label_name("app.kubernetes.io/name"), "app_kubernetes_io_name");
  EXPECT_EQ(sanitize_label_name("9\xC3\xA9-b"), "9__b");
  EXPECT_EQ(sanitize_label_name(""), "");
}

TEST(LabelBlock, OwnLabelsHideParentsAndEarlierParentsHideLaterOnes) {
  const auto node = block({{"a", "node"}, {"b", "node"}, {"c", "node"}});
  const auto pod = block({{"a", "pod"}, {"b", "pod"}, {"empty", "x"}});
  const auto target = block({{"a", "target"}, {"empty", ""}}, {pod, node});
  EXPECT_EQ(all({target.get()}), (Map{{"a", "target"}, {"b", "pod"}, {"c", "node"}, {"empty", ""}}));
  EXPECT_EQ(target->find(LabelName("b")), "pod");
  EXPECT_EQ(target->find(LabelName("empty")), "");
  EXPECT_EQ(target->find(LabelName("absent")), std::nullopt);
}

TEST(LabelBlock, TheLastOfTwoOwnLabelsCounts) {
  LabelBlockBuilder builder;
  builder.add("x", "first");
  builder.add("y", "");
  builder.add("x", "second");
  EXPECT_EQ(all({builder.build().get()}), (Map{{"x", "second"}, {"y", ""}}));
}

TEST(LabelBlock, IsEqualByContent) {
  const auto parent = block({{"p", "1"}});
  EXPECT_TRUE(equal(block({{"a", "1"}}, {parent}), block({{"a", "1"}}, {block({{"p", "1"}})})));
  EXPECT_FALSE(equal(block({{"a", "1"}}, {parent}), block({{"a", "1"}})));
  EXPECT_FALSE(equal(block({{"a", "1"}}), block({{"a", "2"}})));
  EXPECT_FALSE(equal(block({{"a", "12"}, {"b", "3"}}), block({{"a", "1"}, {"b", "23"}})));
  EXPECT_TRUE(equal(nullptr, nullptr));
  EXPECT_FALSE(equal(nullptr, block({})));
}

TEST(LabelSet, LooksThroughUntilItIsChanged) {
  const auto group = block({{"g", "group"}, {"both", "group"}, {"hidden", "group"}});
  const auto target = block({{"t", "target"}, {"both", "target"}, {"hidden", ""}});
  LabelSet set;
  set.reset(target.get(), group.get());
  EXPECT_EQ(set.get(LabelName("both")), "target");
  EXPECT_EQ(set.get(LabelName("hidden")), "");
  EXPECT_EQ(set.get(LabelName("g")), "group");
  set.set(LabelName("new"), "n");
  set.set(LabelName("g"), "changed");
  set.remove(LabelName("t"));
  Map map;
  for (const Label& label : set.sorted()) map.emplace(label.name.text(), label.value);
  EXPECT_EQ(map, (Map{{"both", "target"}, {"g", "changed"}, {"new", "n"}}));
  EXPECT_EQ(group->find(LabelName("g")), "group");
}

TEST(LabelSet, DefaultsAreForWhatIsAbsentOrEmpty) {
  const auto group = block({{"job", "group"}, {"path", "/group"}, {"gone", "x"}});
  const auto target = block({{"path", ""}, {"scheme", "https"}, {"gone", ""}});
  const auto defaults =
      block({{"job", "default"}, {"path", "/default"}, {"scheme", "http"}, {"interval", "1m"}});
  const Map want = {{"interval", "1m"}, {"job", "group"}, {"path", "/default"}, {"scheme", "https"}};
  LabelSet set;
  set.reset(target.get(), group.get(), defaults.get());
  for (const char* name : {"interval", "job", "path", "scheme"}) {
    EXPECT_EQ(set.get(LabelName(name)), want.at(name));
  }
  EXPECT_EQ(set.get(LabelName("gone")), "");
  Map map;
  for (const Label& label : set.sorted()) map.emplace(label.name.text(), label.value);
  EXPECT_EQ(map, want);
  set.remove(LabelName("job"));
  EXPECT_EQ(set.get(LabelName("job")), "");
}

TEST(LabelSet, HoldsAnyNumberOfChanges) {
  const auto target = block({{"a", "target"}, {"b", "target"}});
  for (int count : {1, 7, 8, 9, 20}) {
    LabelSet set;
    set.reset(target.get());
    set.remove(LabelName("a"));
    Map expected{{"b", "target"}};
    for (int i = 0; i < count; ++i) {
      const std::string name = "n" + std::to_string(i % 15);
      const std::string value = i % 4 == 3 ? "" : std::to_string(i);
      set.set(LabelName(name), value);
      expected[name] = value;
      EXPECT_EQ(set.get(LabelName(name)), value);
    }
    EXPECT_EQ(set.get(LabelName("a")), "");
    std::erase_if(expected, [](const auto& label) { return label.second.empty(); });
    Map map;
    for (const Label& label : set.labels()) map.emplace(label.name.text(), label.value);
    EXPECT_EQ(map, expected) << count;
  }
}

TEST(LabelSet, ValuesMayComeFromItself) {
  LabelSet set;
  set.reset();
  set.set(LabelName("a"), "value");
  set.set(LabelName("b"), set.get(LabelName("a")));
  set.set(LabelName("a"), std::string(set.get(LabelName("b"))) + "2");
  EXPECT_EQ(set.get(LabelName("a")), "value2");
  EXPECT_EQ(set.get(LabelName("b")), "value");
}

}  // namespace
}  // namespace kubevitals::discovery
