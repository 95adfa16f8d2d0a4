#include "state/text_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace kubevitals::state {
namespace {

constexpr std::size_t kFamilies = 20;

using Texts = std::vector<std::string>;

RenderedObject rendered(const Texts& texts) {
  RenderedObject object;
  for (const std::string& text : texts) {
    object.text += text;
    object.ends.push_back(static_cast<std::uint32_t>(object.text.size()));
  }
  return object;
}

std::string text_of(const exposition::PageRun& family) {
  std::string text;
  std::uint64_t compressed = 0;
  exposition::Checksum checksum;
  for (const auto& page : family.pages) {
    if (!page) continue;
    page->inflate(text);
    checksum.append(*page);
    compressed += page->compressed().size();
  }
  EXPECT_EQ(family.checksum.size, text.size());
  EXPECT_EQ(family.checksum.crc, checksum.crc);
  EXPECT_EQ(family.compressed_size, compressed);
  return text;
}

// What a store must hold: texts by slot.
using Model = std::map<kube::ObjectSlot, Texts>;

void expect_holds(TextStore& store, const Model& model) {
  const auto snapshot = store.snapshot();
  ASSERT_EQ(snapshot->objects, model.size());
  for (std::size_t family = 0; family < kFamilies; ++family) {
    std::string expected;
    for (const auto& [slot, texts] : model) expected += texts[family];
    ASSERT_EQ(text_of(*snapshot->families[family]), expected) << "family " << family;
  }
}

Texts random_texts(std::mt19937& random) {
  Texts texts(kFamilies);
  for (std::size_t family = 0; family < kFamilies; ++family) {
    for (unsigned lines = random() % 3; lines > 0; --lines) {
      texts[family] +=
          "family_" + std::to_string(family) + "{a=\"" + std::to_string(random() % 1000) + "\"} 1\n";
    }
  }
  return texts;
}

TEST(TextStore, StartsEmpty) {
  TextStore store(kFamilies);
  expect_holds(store, {});
}

TEST(TextStore, RandomEditsGiveWhatAMapWouldHold) {
  for (const std::size_t max_pending : {std::size_t{0}, std::size_t{2000}, TextStore::kMaxPending}) {
    std::mt19937 random(static_cast<unsigned>(max_pending) + 1);
    TextStore store(kFamilies, max_pending);
    Model model;
    for (int step = 0; step < 4000; ++step) {
      const kube::ObjectSlot slot = random() % 300;
      const unsigned action = random() % 10;
      if (action < 2) {
        store.erase(slot);
        model.erase(slot);
      } else if (action < 6 && model.contains(slot)) {
        // A small change, as most are.
        Texts& texts = model[slot];
        texts[random() % kFamilies] = action < 4 ? "" : "changed " + std::to_string(random()) + "\n";
        store.update(slot, rendered(texts));
      } else {
        Texts texts = random_texts(random);
        store.update(slot, rendered(texts));
        model[slot] = std::move(texts);
      }
      if (step % 97 == 0) expect_holds(store, model);
    }
    expect_holds(store, model);
    for (kube::ObjectSlot slot = 0; slot < 300; ++slot) store.erase(slot);
    expect_holds(store, {});
  }
}

TEST(TextStore, TextThatMovesToTheNextFamilyIsAChange) {
  TextStore store(kFamilies);
  Texts texts(kFamilies);
  texts[0] = "x 1\n";
  store.update(0, rendered(texts));
  expect_holds(store, {{0, texts}});
  std::swap(texts[0], texts[1]);
  store.update(0, rendered(texts));
  expect_holds(store, {{0, texts}});
}

TEST(TextStore, TwoUpdatesBeforeASnapshotAreBothIn) {
  TextStore store(kFamilies);
  Texts texts(kFamilies, "x 1\n");
  store.update(5, rendered(texts));
  expect_holds(store, {{5, texts}});
  texts[0] = "x 2\n";
  store.update(5, rendered(texts));
  texts[kFamilies - 1] = "x 3\n";
  store.update(5, rendered(texts));
  expect_holds(store, {{5, texts}});
  texts[0] = "x 1\n";
  store.update(5, rendered(texts));
  texts[0] = "x 2\n";
  store.update(5, rendered(texts));
  expect_holds(store, {{5, texts}});
}

TEST(TextStore, AnErasedObjectThatComesBackUnchangedIsThere) {
  TextStore store(kFamilies);
  const Texts texts(kFamilies, "x 1\n");
  store.update(5, rendered(texts));
  expect_holds(store, {{5, texts}});
  store.erase(5);
  store.update(5, rendered(texts));
  expect_holds(store, {{5, texts}});
}

TEST(TextStore, UnchangedFamiliesKeepTheirPages) {
  TextStore store(kFamilies);
  Texts texts(kFamilies, "x 1\n");
  store.update(1, rendered(texts));
  const auto before = store.snapshot();
  texts[3] = "y 1\n";
  store.update(1, rendered(texts));
  const auto after = store.snapshot();
  for (std::size_t family = 0; family < kFamilies; ++family) {
    EXPECT_EQ(before->families[family] == after->families[family], family != 3) << family;
  }
  store.update(1, rendered(texts));
  EXPECT_EQ(store.snapshot(), after) << "nothing changed: nothing is made anew";
}

TEST(TextStore, ASnapshotStaysAsItWas) {
  TextStore store(kFamilies);
  const Texts first(kFamilies, "x 1\n");
  store.update(0, rendered(first));
  const auto snapshot = store.snapshot();
  for (kube::ObjectSlot slot = 0; slot < 200; ++slot) store.update(slot, rendered(Texts(kFamilies, "y 2\n")));
  store.snapshot();
  EXPECT_EQ(text_of(*snapshot->families[0]), "x 1\n");
}

// The writer gives every object the same text in all families; a reader must never see two in one object.
TEST(TextStore, ReadersSeeWholeObjectsWhileTheWriterWrites) {
  TextStore store(kFamilies, 20'000);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int round = 0; round < 100; ++round) {
      for (kube::ObjectSlot slot = 0; slot < 130; ++slot) {
        store.update(slot, rendered(Texts(kFamilies, "x " + std::to_string(round) + "\n")));
      }
    }
    done = true;
  });
  while (!done) {
    const auto snapshot = store.snapshot();
    const std::string first = text_of(*snapshot->families[0]);
    for (const auto& family : snapshot->families) ASSERT_EQ(text_of(*family), first);
  }
  writer.join();
}

}  // namespace
}  // namespace kubevitals::state
