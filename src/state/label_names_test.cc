#include "state/label_names.h"

#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

std::string emitted(const kube::StringMap& map) {
  std::string out;
  exposition::Emitter emitter(out);
  emitter.set_base_labels({});
  emitter.set_family("f");
  emit_all_entries(map, "label", emitter);
  return out;
}

TEST(LabelNames, SanitizesCharacterByCharacter) {
  EXPECT_EQ(sanitize_label_name("nvidia.com/gpu"), "nvidia_com_gpu");
  EXPECT_EQ(sanitize_label_name("Case_stays9"), "Case_stays9");
  EXPECT_EQ(sanitize_label_name(""), "");
  EXPECT_EQ(sanitize_label_name("ä€😀x"), "___x");
  // Not UTF-8: each byte counts, also one that begins a character which does not follow.
  EXPECT_EQ(sanitize_label_name("\xff\xc3"), "__");
  EXPECT_EQ(sanitize_label_name("\xe2\x82"), "__");
  EXPECT_EQ(sanitize_label_name("\xe2"
                                "ab"),
            "_ab");
}

TEST(LabelNames, AreSnakeCase) {
  EXPECT_EQ(prometheus_label_name("label", "My-HTTPServer2Name"), "label_my_httpserver2_name");
  EXPECT_EQ(prometheus_label_name("annotation", "keyA"), "annotation_key_a");
  EXPECT_EQ(prometheus_label_name("label", "app.kubernetes.io/Name"), "label_app_kubernetes_io_name");
  EXPECT_EQ(prometheus_label_name("label", "ABC"), "label_abc");
  EXPECT_EQ(prometheus_label_name("label", "9Z"), "label_9_z");
  EXPECT_EQ(prometheus_label_name("label", ""), "label_");
}

TEST(LabelNames, StandInTheOrderOfTheOriginalKeys) {
  EXPECT_EQ(emitted({{"B", "1"}, {"a", "2"}}), "f{label_b=\"1\",label_a=\"2\"} 1\n");
}

TEST(LabelNames, ConflictsAreNumbered) {
  EXPECT_EQ(
      emitted({{"a-b", "1"}, {"a.b", "2"}, {"a/b", "3"}, {"c", "4"}}),
      "f{label_a_b_conflict1=\"1\",label_a_b_conflict2=\"2\",label_a_b_conflict3=\"3\",label_c=\"4\"} 1\n");
}

TEST(LabelNames, ConflictNumbersLeaveOutRealNames) {
  EXPECT_EQ(
      emitted({{"a", "1"}, {"a.b", "2"}, {"a/b_conflict1", "3"}, {"a_b", "4"}}),
      "f{label_a=\"1\",label_a_b_conflict2=\"2\",label_a_b_conflict1=\"3\",label_a_b_conflict3=\"4\"} 1\n");
}

TEST(LabelNames, RealNameThatMeetsAGeneratedOneIsRenamed) {
  EXPECT_EQ(emitted({{"a-b", "1"}, {"a.b", "2"}, {"a_b_conflict1", "3"}}),
            "f{label_a_b_conflict1_conflict1=\"1\",label_a_b_conflict2=\"2\","
            "label_a_b_conflict1_conflict2=\"3\"} 1\n");
}

TEST(LabelNames, NothingWithoutAnAllowList) {
  std::string out;
  exposition::Emitter emitter(out);
  emitter.set_base_labels({{"node", "n"}});
  emitter.set_family("f");
  emit_allowed_entries({{"a", "1"}}, LabelAllowlist(), "label", emitter);
  EXPECT_EQ(out, "");
  emit_allowed_entries({{"a", "1"}}, *LabelAllowlist::create({"b"}), "label", emitter);
  EXPECT_EQ(out, "f{node=\"n\"} 1\n");
}

}  // namespace
}  // namespace kubevitals::state
