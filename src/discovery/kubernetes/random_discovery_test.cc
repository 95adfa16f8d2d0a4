// Whatever happens, what was said bit by bit comes to what a newcomer finds.
#include <random>

#include "discovery/kubernetes/discovery_fixture.h"

namespace kubevitals::discovery::kubernetes {
namespace {

// Changes that the rules leave without consequence (a namespace that comes, a pod that slices refer to) are
// followed by one of the objects that they concern, so that nothing stale is left.
class RandomDiscovery : public KubernetesTest, public testing::WithParamInterface<int> {
 protected:
  RandomDiscovery() : random_(static_cast<std::uint64_t>(GetParam())) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string pick(std::initializer_list<const char*> of) { return *(of.begin() + below(of.size())); }
  std::string ns() { return pick({"a", "b"}); }
  std::string number(std::uint64_t bound) { return std::to_string(below(bound)); }

  std::string metadata(const std::string& in, const std::string& name, const std::string& more = "") {
    return R"("metadata":{)" + (in.empty() ? "" : R"("namespace":")" + in + R"(",)") + R"("name":")" + name +
           R"(","labels":{"l":")" + number(3) + R"("})" + more + "}";
  }
  std::string ports() {
    std::string list;
    for (std::uint64_t i = below(3); i > 0; --i) {
      list += (list.empty() ? "" : ",") + (R"({"name":"p","containerPort":)" + number(3) + "}");
    }
    return "[" + list + "]";
  }
  std::string pod(const std::string& in, const std::string& name) {
    const std::string owner = R"(,"ownerReferences":[{"controller":true,"kind":")" +
                              pick({"ReplicaSet", "Job"}) + R"(","name":"o)" + number(2) + "\"}]";
    return R"({"kind":"Pod",)" + metadata(in, name, owner) + R"(,"spec":{"nodeName":"n)" + number(3) +
           R"(","containers":[{"name":"c","ports":)" + ports() +
           R"(}],"initContainers":[{"name":"d","ports":)" + ports() + R"(}]},"status":{"podIP":")" +
           pick({"", "10.0.0.1", "10.0.0.2", "fd00::1"}) + R"(","phase":")" + pick({"Pending", "Running"}) +
           "\"}}";
  }
  std::string reference(const std::string& in) {
    return pick({R"({"kind":"Pod","namespace":")", R"({"kind":"Node","namespace":")"}) + in +
           R"(","name":")" + pick({"p", "n"}) + number(3) + "\"}";
  }
  std::string slice(const std::string& in, const std::string& name) {
    std::string endpoints;
    for (std::uint64_t i = below(4); i > 0; --i) {
      endpoints +=
          (endpoints.empty() ? "" : ",") + (R"({"addresses":["10.0.0.)" + number(3) + R"("],"targetRef":)" +
                                            reference(in) + R"(,"nodeName":"n)" + number(3) + "\"}");
    }
    const std::string named = R"("metadata":{"namespace":")" + in + R"(","name":")" + name +
                              R"(","labels":{"kubernetes.io/service-name":"s)" + number(2) + "\"}}";
    return R"({"kind":"EndpointSlice",)" + named + R"(,"addressType":")" + pick({"IPv4", "IPv6"}) +
           R"(","endpoints":[)" + endpoints + R"(],"ports":[{"port":)" + number(3) + "}]}";
  }
  std::string endpoints(const std::string& in, const std::string& name) {
    const auto addresses = [&] {
      std::string list;
      for (std::uint64_t i = below(3); i > 0; --i) {
        list += (list.empty() ? "" : ",") + (R"({"ip":"10.0.0.)" + number(3) + R"(","targetRef":)" +
                                             reference(in) + R"(,"nodeName":"n)" + number(3) + "\"}");
      }
      return "[" + list + "]";
    };
    return R"({"kind":"Endpoints",)" + metadata(in, name) + R"(,"subsets":[{"addresses":)" + addresses() +
           R"(,"notReadyAddresses":)" + addresses() + R"(,"ports":[{"port":)" + number(3) + "}]}]}";
  }
  std::string service(const std::string& in, const std::string& name) {
    return R"({"kind":"Service",)" + metadata(in, name) +
           R"(,"spec":{"ports":[{"port":80}],"ipFamilyPolicy":")" + pick({"SingleStack", "PreferDualStack"}) +
           R"(","ipFamilies":[")" + pick({"IPv4", "IPv6"}) + "\"]}}";
  }
  std::string owner(const std::string& kind, const std::string& in, const std::string& name) {
    const std::string by = R"(,"ownerReferences":[{"controller":true,"kind":")" +
                           pick({"Deployment", "CronJob", "Other"}) + R"(","name":"w)" + number(2) + "\"}]";
    return R"({"kind":")" + kind + "\"," + metadata(in, name, by) + "}";
  }
  std::string node(const std::string& name) {
    return R"({"kind":"Node",)" + metadata("", name) +
           R"(,"status":{"addresses":[{"type":"InternalIP","address":"1.1.1.)" + number(3) + "\"}]}}";
  }
  std::string ingress(const std::string& in, const std::string& name) {
    return R"({"kind":"Ingress",)" + metadata(in, name) + R"(,"spec":{"rules":[{"host":"h)" + number(2) +
           "\"}]}}";
  }

  // Puts or removes one object.
  void change() {
    const std::string in = ns();
    const std::string i = number(3);
    const bool gone = below(4) == 0;
    const auto apply = [&](const char* kind, const std::string& of, const std::string& name,
                           const std::string& json) {
      if (gone) {
        api.remove(kind, of, name);
      } else {
        api.put(json);
      }
    };
    switch (below(8)) {
      case 0:
      case 1:
        return apply("Pod", in, "p" + i, pod(in, "p" + i));
      case 2:
        return apply("EndpointSlice", in, "e" + i, slice(in, "e" + i));
      case 3:
        return apply("Endpoints", in, "s" + i, endpoints(in, "s" + i));
      case 4:
        return apply("Service", in, "s" + i, service(in, "s" + i));
      case 5:
        return apply("ReplicaSet", in, "o" + i, owner(pick({"ReplicaSet", "Job"}), in, "o" + i));
      case 6:
        return apply("Node", "", "n" + i, node("n" + i));
      default:
        return apply("Ingress", in, "i" + i, ingress(in, "i" + i));
    }
  }

  // Every object that has endpoints is touched, as pods do not touch them.
  void touch_endpoints() {
    for (const boost::json::object& object : api.objects()) {
      const auto& kind = object.at("kind").as_string();
      if (kind == "EndpointSlice" || kind == "Endpoints") api.put(object);
    }
  }

 private:
  std::mt19937_64 random_;
};

TEST_P(RandomDiscovery, ComesToWhatANewcomerFinds) {
  const std::string attach =
      "attach_metadata: {node: true, namespace: true, deployment: true, job: true, cronjob: true}";
  const std::vector<std::string> configurations = {
      "{role: pod, " + attach + "}",
      "{role: pod, namespaces: {names: [a]}}",
      "{role: endpoints, " + attach + "}",
      "{role: endpointslice, " + attach + "}",
      "{role: endpointslice, namespaces: {names: [a, b]}}",
      "{role: service, " + attach + "}",
      "{role: ingress, " + attach + "}",
      "role: node",
  };
  for (const char* name : {"a", "b"}) api.put(R"({"kind":"Namespace",)" + metadata("", name) + "}");
  for (int i = 0; i < 20; ++i) change();
  for (const std::string& yaml : configurations) start(yaml);
  for (int round = 0; round < 15; ++round) {
    for (std::uint64_t i = 1 + below(12); i > 0; --i) {
      change();
      if (below(3) == 0) run(std::chrono::milliseconds(below(8)));
    }
    if (below(4) == 0) api.put(R"({"kind":"Namespace",)" + metadata("", ns()) + "}");
    if (below(6) == 0) {
      api.cut_watches();
      run(2s);
    }
    run(20ms);
    touch_endpoints();
    run(3s);
    const std::size_t followers = configurations.size();
    for (std::size_t i = 0; i < followers; ++i) {
      RunningDiscovery& fresh = start(configurations[i]);
      ASSERT_EQ(running[i]->keeper.targets(), fresh.keeper.targets())
          << configurations[i] << " round " << round;
      std::vector<std::string> known;
      for (const auto& [source, group] : running[i]->keeper.groups) known.push_back(source);
      std::vector<std::string> found;
      for (const auto& [source, group] : fresh.keeper.groups) found.push_back(source);
      ASSERT_EQ(known, found) << configurations[i];
      stop(fresh);
      running.pop_back();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDiscovery, testing::Range(1, 13));

}  // namespace
}  // namespace kubevitals::discovery::kubernetes
