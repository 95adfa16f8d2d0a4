#include "state/resources/resource_quantities.h"

#include <gtest/gtest.h>

namespace kubevitals::state {
namespace {

using enum QuantityRounding;

TEST(QuantityValue, RoundsUpToTheUnit) {
  EXPECT_EQ(quantity_value("1500u", kMilli), 0.002);
  EXPECT_EQ(quantity_value("1500m", kWhole), 2);
  EXPECT_EQ(quantity_value("1500m", kMilli), 1.5);
  EXPECT_EQ(quantity_value("-1500m", kWhole), -2);
  EXPECT_EQ(quantity_value("1Gi", kMilli), 1073741824);
}

TEST(QuantityValue, IsWholeWhereThousandthsDoNotFit) {
  EXPECT_EQ(quantity_value("8Ei", kMilli), 9223372036854775807.0);
  EXPECT_EQ(quantity_value("1E", kMilli), 1e18);
  EXPECT_EQ(quantity_value("9223372036854776", kMilli), 9223372036854776.0);  // the first one
}

TEST(QuantityValue, IsNothingForWhatIsNoQuantity) {
  EXPECT_EQ(quantity_value("", kMilli), std::nullopt);
  EXPECT_EQ(quantity_value("abc", kWhole), std::nullopt);
}

std::string emitted(const kube::ResourceList& list, const QuantityRules& rules = {}) {
  std::string out;
  exposition::Emitter emitter(out);
  emitter.set_base_labels({});
  emitter.set_family("f");
  emit_resource_list(list, rules, {{"container", "c"}}, emitter);
  return out;
}

bool is_emitted(std::string_view name) {
  return !emitted({{name, "1"}}).empty();
}

TEST(ResourceList, HasUnits) {
  EXPECT_EQ(emitted({{"attachable-volumes-x", "1"},
                     {"cpu", "100m"},
                     {"ephemeral-storage", "1k"},
                     {"example.com/a-b", "3"},
                     {"hugepages-2Mi", "2Mi"},
                     {"memory", "1500m"}},
                    {.rounding = kWhole}),
            "f{container=\"c\",resource=\"attachable_volumes_x\",unit=\"byte\"} 1\n"
            "f{container=\"c\",resource=\"cpu\",unit=\"core\"} 0.1\n"
            "f{container=\"c\",resource=\"ephemeral_storage\",unit=\"byte\"} 1000\n"
            "f{container=\"c\",resource=\"example_com_a_b\",unit=\"integer\"} 3\n"
            "f{container=\"c\",resource=\"hugepages_2Mi\",unit=\"byte\"} 2.097152e+06\n"
            "f{container=\"c\",resource=\"memory\",unit=\"byte\"} 2\n");
}

TEST(ResourceList, PodsCountWhereTheRulesSaySo) {
  EXPECT_EQ(emitted({{"pods", "110"}}), "");
  EXPECT_EQ(emitted({{"pods", "110"}}, {.pods = true}),
            "f{container=\"c\",resource=\"pods\",unit=\"integer\"} 110\n");
}

TEST(ResourceList, HugePagesThatAreAnExtendedResourceTooAreThereTwice) {
  EXPECT_EQ(emitted({{"hugepages-a.b/c", "1"}}),
            "f{container=\"c\",resource=\"hugepages_a_b_c\",unit=\"byte\"} 1\n"
            "f{container=\"c\",resource=\"hugepages_a_b_c\",unit=\"integer\"} 1\n");
}

TEST(ResourceList, LeavesOutWhatIsNoExtendedResource) {
  EXPECT_TRUE(is_emitted("nvidia.com/gpu"));
  EXPECT_TRUE(is_emitted("nvidia.com/GPU_1.x-y"));
  EXPECT_TRUE(is_emitted("x/y"));
  for (const char* name : {"foo", "kubernetes.io/x", "a.kubernetes.io/x", "requests.example.com/x",
                           "Example.com/x", "example.com/", "/x", "a/b/c", "example.com/-x", "example.com/x-",
                           "exa mple.com/x", "a..b/x", "a_b/x", ""}) {
    EXPECT_FALSE(is_emitted(name)) << name;
  }
  EXPECT_TRUE(is_emitted("example.com/" + std::string(63, 'x')));
  EXPECT_FALSE(is_emitted("example.com/" + std::string(64, 'x')));
  // The prefix counts with "requests." before it.
  EXPECT_TRUE(is_emitted(std::string(244, 'a') + "/x"));
  EXPECT_FALSE(is_emitted(std::string(245, 'a') + "/x"));
}

TEST(ResourceList, LeavesOutWhatIsNoQuantity) {
  EXPECT_EQ(emitted({{"cpu", "many"}, {"memory", "1"}}),
            "f{container=\"c\",resource=\"memory\",unit=\"byte\"} 1\n");
}

}  // namespace
}  // namespace kubevitals::state
