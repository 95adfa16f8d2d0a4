#include "state/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "state/selection.h"

namespace kubevitals::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace fs = std::filesystem;

std::string text_of(FileRenderer& renderer) {
  std::string text;
  renderer.write([&](std::string_view piece) {
    text.append(piece);
    return true;
  });
  return text;
}

FileRenderer renderer_for(const SelectionFlags& flags) {
  auto selected = select_resources(flags);
  EXPECT_TRUE(selected) << selected.error().message;
  return FileRenderer(*std::move(selected));
}

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// "--metric-labels-allowlist pods=[*] ..." on one line.
SelectionFlags flags_from(const fs::path& path) {
  SelectionFlags flags;
  std::istringstream words(contents(path));
  for (std::string name, value; words >> name >> value;) {
    if (name == "--metric-labels-allowlist") flags.labels_allowlist.push_back(value);
    if (name == "--metric-annotations-allowlist") flags.annotations_allowlist.push_back(value);
    if (name == "--metric-opt-in-list") flags.metric_opt_in_list.push_back(value);
  }
  return flags;
}

// Each <name>.yaml gives <name>.prom, with the flags in <name>.flags when there are any.
class GoldenFile : public testing::TestWithParam<fs::path> {};

TEST_P(GoldenFile, RendersTo) {
  fs::path path = GetParam();
  FileRenderer renderer = renderer_for(flags_from(path.replace_extension(".flags")));
  std::ifstream input(path.replace_extension(".yaml"));
  const auto read = renderer.read(input, path.filename().string());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT(renderer.problems(), testing::IsEmpty());
  EXPECT_EQ(text_of(renderer), contents(path.replace_extension(".prom")));
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(KUBEVITALS_RESOURCE_TESTDATA)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Resources, GoldenFile, testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(FileRenderer, GoldenFilesHaveASampleOfEveryFamily) {
  std::string all;
  for (const fs::path& path : golden_files()) all.append(contents(fs::path(path).replace_extension(".prom")));
  for (const Resource& row : resources()) {
    for (std::size_t index = 0; index < row.family_count; ++index) {
      const std::string sample = "\n" + std::string(row.family(index).name) + "{";
      EXPECT_NE(all.find(sample), std::string::npos) << row.family(index).name;
    }
  }
}

TEST(FileRenderer, GroupsObjectsOfSeveralFilesByFamily) {
  SelectionFlags flags;
  flags.metric_allowlist = {"kube_(namespace_status_phase|node_spec_unschedulable)"};
  FileRenderer renderer = renderer_for(flags);
  std::istringstream first(R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"n1"}}
                              {"kind":"Namespace","apiVersion":"v1","metadata":{"name":"a"},"status":{"phase":"Active"}})");
  std::istringstream second(
      "apiVersion: v1\nkind: Node\nmetadata: {name: n2}\nspec: {unschedulable: true}\n");
  ASSERT_TRUE(renderer.read(first, "first"));
  ASSERT_TRUE(renderer.read(second, "second"));
  EXPECT_EQ(renderer.rendered(), 3u);
  std::string text = text_of(renderer);
  std::string samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    samples += (line[0] == '#' ? line.substr(0, 7) : line) + "\n";
  EXPECT_EQ(samples,
            "# HELP \n# TYPE \n"
            "kube_namespace_status_phase{namespace=\"a\",phase=\"Active\"} 1\n"
            "kube_namespace_status_phase{namespace=\"a\",phase=\"Terminating\"} 0\n"
            "# HELP \n# TYPE \n"
            "kube_node_spec_unschedulable{node=\"n1\"} 0\n"
            "kube_node_spec_unschedulable{node=\"n2\"} 1\n");
}

TEST(FileRenderer, WritesNothingWithoutObjects) {
  FileRenderer renderer = renderer_for({});
  std::istringstream input("[]");
  ASSERT_TRUE(renderer.read(input, "f"));
  EXPECT_EQ(text_of(renderer), "");
}

TEST(FileRenderer, CountsKindsThatItDoesNotHave) {
  SelectionFlags flags;
  flags.resources = {"nodes"};
  FileRenderer renderer = renderer_for(flags);
  std::istringstream input(R"([{"kind":"ConfigMap","apiVersion":"v1"},{"kind":"ConfigMap","apiVersion":"v1"},
      {"kind":"Pod","apiVersion":"v1"},{"kind":"Pod","apiVersion":"v2"},{"kind":"Thing"}])");
  ASSERT_TRUE(renderer.read(input, "f"));
  // Pods have metrics, although nobody wants them here.
  EXPECT_THAT(renderer.unsupported(),
              ElementsAre(Pair("Thing", 1), Pair("v1 ConfigMap", 2), Pair("v2 Pod", 1)));
  EXPECT_EQ(renderer.rendered(), 0u);
}

TEST(FileRenderer, BadObjectDoesNotSpoilTheOthers) {
  SelectionFlags flags;
  flags.metric_allowlist = {"kube_deployment_spec_replicas"};
  FileRenderer renderer = renderer_for(flags);
  std::istringstream input(
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: good, namespace: ns}\nspec: {replicas: 1}\n"
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad, namespace: ns}\nspec: {replicas: "
      "many}\n"
      "---\nmetadata: {name: what}\n"
      "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: also-good, namespace: ns}\nspec: "
      "{replicas: 2}\n");
  ASSERT_TRUE(renderer.read(input, "f.yaml"));
  EXPECT_THAT(renderer.problems(),
              ElementsAre(testing::AllOf(testing::StartsWith("f.yaml: line 6: Deployment ns/bad: "),
                                         HasSubstr("spec.replicas")),
                          HasSubstr("f.yaml: line 11: the object does not say what kind it is")));
  EXPECT_EQ(renderer.problem_count(), 2u);
  EXPECT_THAT(text_of(renderer),
              testing::AllOf(HasSubstr("deployment=\"good\"} 1\n"),
                             HasSubstr("deployment=\"also-good\"} 2\n"), testing::Not(HasSubstr("bad"))));
}

TEST(FileRenderer, KeepsWhatCameBeforeBrokenText) {
  FileRenderer renderer = renderer_for({});
  std::istringstream input("apiVersion: v1\nkind: Node\nmetadata: {name: node-1}\n---\na: [\n");
  const auto read = renderer.read(input, "f");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("line "));
  EXPECT_EQ(renderer.rendered(), 1u);
}

TEST(FileRenderer, SinkCanStopTheWriting) {
  FileRenderer renderer = renderer_for({});
  std::istringstream input(R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"n"}})");
  ASSERT_TRUE(renderer.read(input, "f"));
  int calls = 0;
  renderer.write([&](std::string_view) {
    ++calls;
    return false;
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace kubevitals::state
