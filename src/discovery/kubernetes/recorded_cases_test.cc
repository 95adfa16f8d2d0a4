// Holds discovery against recorded cases, when there are some: KUBEVITALS_KUBERNETES_CASES names a file with
// one JSON object a line, {id, config, objects, mutations, want, want_initial}.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "discovery/kubernetes/discovery_fixture.h"

namespace kubevitals::discovery::kubernetes {
namespace {

namespace json = boost::json;

std::vector<std::string> wanted(const json::value& groups) {
  std::vector<std::string> targets;
  for (const auto& [source, group] : groups.as_object()) {
    if (!group.is_object()) continue;
    const auto make_block = [](const json::value* labels) {
      LabelBlockBuilder builder;
      if (labels != nullptr && labels->is_object()) {
        for (const auto& [name, value] : labels->get_object()) {
          builder.add(std::string_view(name), std::string_view(value.as_string()));
        }
      }
      return builder.build();
    };
    const LabelBlockPtr labels = make_block(group.as_object().if_contains("labels"));
    const json::value* list = group.as_object().if_contains("targets");
    if (list == nullptr || !list->is_array()) continue;
    for (const json::value& target : list->get_array()) {
      targets.push_back(shown_labels(make_block(&target).get(), labels.get()));
    }
  }
  std::sort(targets.begin(), targets.end());
  return targets;
}

Options options_of_case(const json::object& config) {
  Options options;
  options.role = find_role(std::string_view(config.at("role").as_string())).value();
  const json::object& namespaces = config.at("namespaces").as_object();
  for (const json::value& name : namespaces.at("names").as_array()) {
    options.namespaces.emplace_back(name.as_string());
  }
  // What the recorded tests have in the file of the service account.
  if (namespaces.at("own_namespace").as_bool()) options.namespaces.emplace_back("own-ns");
  for (const json::value& item : config.at("selectors").as_array()) {
    const json::object& selector = item.as_object();
    options.selectors.push_back({find_role(std::string_view(selector.at("role").as_string())).value(),
                                 std::string(selector.at("label").as_string()),
                                 std::string(selector.at("field").as_string())});
  }
  const json::object& attach = config.at("attach_metadata").as_object();
  options.attach = {attach.at("node").as_bool(), attach.at("namespace").as_bool(),
                    attach.at("deployment").as_bool(), attach.at("job").as_bool(),
                    attach.at("cronjob").as_bool()};
  return options;
}

class RecordedCases : public KubernetesTest {
 protected:
  void apply(const json::object& step) {
    const json::object& object = step.at("object").as_object();
    if (step.at("op").as_string() != "delete") {
      api.put(json::value(object));
      return;
    }
    const json::object& metadata = object.at("metadata").as_object();
    const json::value* ns = metadata.if_contains("namespace");
    api.remove(std::string_view(object.at("kind").as_string()),
               ns != nullptr ? std::string_view(ns->as_string()) : std::string_view(),
               std::string_view(metadata.at("name").as_string()));
  }

  // The objects one after the other, or those after all mutations at once.
  void check(const json::object& recorded) {
    const Options options = options_of_case(recorded.at("config").as_object());
    for (const json::value& object : recorded.at("objects").as_array()) api.put(object);
    RunningDiscovery& live = start(options);
    if (const json::value* initial = recorded.if_contains("want_initial")) {
      EXPECT_EQ(live.keeper.targets(), wanted(*initial));
    }
    for (const json::value& step : recorded.at("mutations").as_array()) {
      apply(step.as_object());
      run(20ms);
    }
    EXPECT_EQ(live.keeper.targets(), wanted(recorded.at("want")));
    // What is attached to an address without a reference stays as it was when its node changes.
    const bool stale = std::ranges::any_of(recorded.at("mutations").as_array(), [&](const json::value& step) {
      return options.role != Role::kPod && options.role != Role::kNode &&
             step.at("object").at("kind").as_string() == "Node";
    });
    RunningDiscovery& fresh = start(options);
    if (!stale) {
      EXPECT_EQ(fresh.keeper.targets(), wanted(recorded.at("want")));
    }
    for (const json::object& object : api.objects()) {
      const json::object& metadata = object.at("metadata").as_object();
      const json::value* ns = metadata.if_contains("namespace");
      doomed_.push_back({std::string(object.at("kind").as_string()),
                         ns != nullptr ? std::string(ns->as_string()) : "",
                         std::string(metadata.at("name").as_string())});
    }
    for (const auto& discovery : running) stop(*discovery);
    running.clear();
    for (const auto& [kind, ns, name] : doomed_) api.remove(kind, ns, name);
    doomed_.clear();
  }

 private:
  struct Doomed {
    std::string kind, ns, name;
  };
  std::vector<Doomed> doomed_;
};

TEST_F(RecordedCases, LiveAndFresh) {
  const char* path = std::getenv("KUBEVITALS_KUBERNETES_CASES");
  if (path == nullptr) GTEST_SKIP() << "there are no recorded cases";
  std::ifstream file(path);
  ASSERT_TRUE(file.good()) << path;
  for (std::string line; std::getline(file, line);) {
    const json::object recorded = json::parse(line).as_object();
    if (recorded.contains("any_of_label")) continue;
    SCOPED_TRACE(std::string(recorded.at("id").as_string()));
    check(recorded);
  }
}

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
