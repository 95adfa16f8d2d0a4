#include "discovery/kubernetes/fake_objects.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace kubevitals::discovery::kubernetes {
namespace {

namespace json = boost::json;

constexpr std::pair<std::string_view, std::string_view> kPlurals[] = {{"Pod", "pods"},
                                                                      {"Service", "services"},
                                                                      {"Endpoints", "endpoints"},
                                                                      {"Node", "nodes"},
                                                                      {"EndpointSlice", "endpointslices"},
                                                                      {"Ingress", "ingresses"},
                                                                      {"Namespace", "namespaces"},
                                                                      {"ReplicaSet", "replicasets"},
                                                                      {"Job", "jobs"},
                                                                      {"Deployment", "deployments"},
                                                                      {"CronJob", "cronjobs"}};

std::string plural_of(std::string_view kind) {
  for (const auto& [known, plural] : kPlurals) {
    if (known == kind) return std::string(plural);
  }
  return {};
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object& metadata_of(json::object& object) {
  json::value& metadata = object["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  return metadata.get_object();
}

std::string key_of_object(const json::object& object) {
  const json::object& metadata = object.at("metadata").get_object();
  return text_of(metadata, "namespace") + "/" + text_of(metadata, "name");
}

struct Asked {
  std::string plural;
  std::string ns;
};

// "/apis/apps/v1/namespaces/a/replicasets".
Asked asked_for(const std::string& path) {
  Asked asked;
  asked.plural = path.substr(path.rfind('/') + 1);
  const std::size_t at = path.find("/namespaces/");
  if (at == std::string::npos) return asked;
  const std::size_t begin = at + std::string_view("/namespaces/").size();
  asked.ns = path.substr(begin, path.find('/', begin) - begin);
  return asked;
}

}  // namespace

json::object FakeObjects::parse(const std::string& text) {
  return json::parse(text).as_object();
}

std::vector<json::object> FakeObjects::objects() const {
  std::vector<json::object> all;
  for (const auto& [plural, of_kind] : objects_) {
    for (const auto& [key, object] : of_kind) all.push_back(object);
  }
  return all;
}

bool FakeObjects::selected(const json::object& object, const std::string& ns,
                           const std::string& selector) const {
  const json::object& metadata = object.at("metadata").get_object();
  if (!ns.empty() && text_of(metadata, "namespace") != ns) return false;
  if (selector.empty()) return true;
  const std::size_t equals = selector.find('=');
  const json::value* labels = metadata.if_contains("labels");
  return labels != nullptr && labels->is_object() &&
         text_of(labels->get_object(), selector.substr(0, equals)) == selector.substr(equals + 1);
}

kube::fake::Response FakeObjects::answer(const kube::fake::Request& request) {
  const Asked asked = asked_for(request.request.path);
  kube::fake::Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::make_shared<kube::fake::Body>(clock_);
  const auto refusal = refused_.find(asked.plural);
  if (refusal != refused_.end() && refusal->second != 200) {
    response.status = refusal->second;
    response.body->push(kube::fake::status_body(refusal->second, "Forbidden", "no"));
    response.body->end();
    return response;
  }
  const std::string selector = request.parameter("labelSelector");
  if (!request.is_watch()) {
    json::array items;
    for (const auto& [key, object] : objects_[asked.plural]) {
      if (selected(object, asked.ns, selector)) items.push_back(object);
    }
    const json::object list{{"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", items}};
    response.body->push(json::serialize(list));
    response.body->end();
    return response;
  }
  auto watch = std::make_unique<Watch>(Watch{asked.plural, asked.ns, selector, response.body, {}});
  for (const auto& [key, object] : objects_[asked.plural]) {
    if (request.is_watch_list()) {
      tell(*watch, key, object, false);
    } else if (selected(object, asked.ns, selector)) {
      watch->known.insert(key);
    }
  }
  if (request.is_watch_list()) {
    const json::object annotations{{"k8s.io/initial-events-end", "true"}};
    send(*watch, "BOOKMARK",
         {{"metadata", {{"resourceVersion", std::to_string(version_)}, {"annotations", annotations}}}});
  }
  watches_.push_back(std::move(watch));
  return response;
}

void FakeObjects::send(Watch& watch, const char* type, const json::object& object) {
  watch.body->push(json::serialize(json::object{{"type", type}, {"object", object}}) + "\n");
}

void FakeObjects::tell(Watch& watch, const std::string& key, const json::object& object, bool deleted) {
  const bool now = !deleted && selected(object, watch.ns, watch.selector);
  const bool before = watch.known.contains(key);
  if (now) {
    watch.known.insert(key);
    send(watch, before ? "MODIFIED" : "ADDED", object);
  } else if (before) {
    watch.known.erase(key);
    send(watch, "DELETED", object);
  }
}

void FakeObjects::put(json::value value) {
  json::object object = value.as_object();
  const std::string plural = plural_of(text_of(object, "kind"));
  json::object& metadata = metadata_of(object);
  const std::string key = key_of_object(object);
  auto& of_kind = objects_[plural];
  metadata["resourceVersion"] = std::to_string(++version_);
  const auto known = of_kind.find(key);
  const std::string old_uid = known != of_kind.end() ? text_of(metadata_of(known->second), "uid") : "";
  const std::string new_uid = text_of(metadata, "uid");
  if (!old_uid.empty() && !new_uid.empty() && new_uid != old_uid) {
    remove(text_of(object, "kind"), text_of(metadata, "namespace"), text_of(metadata, "name"));
    metadata["resourceVersion"] = std::to_string(++version_);
  } else if (new_uid.empty()) {
    metadata["uid"] = old_uid.empty() ? "uid-" + std::to_string(version_) : old_uid;
  }
  of_kind[key] = object;
  for (const auto& watch : watches_) {
    if (watch->plural == plural) tell(*watch, key, object, false);
  }
}

void FakeObjects::remove(std::string_view kind, std::string_view ns, std::string_view name) {
  const std::string plural = plural_of(kind);
  auto& of_kind = objects_[plural];
  const auto found = of_kind.find(std::string(ns) + "/" + std::string(name));
  if (found == of_kind.end()) return;
  const std::string key = found->first;
  json::object object = std::move(found->second);
  of_kind.erase(found);
  metadata_of(object)["resourceVersion"] = std::to_string(++version_);
  for (const auto& watch : watches_) {
    if (watch->plural == plural) tell(*watch, key, object, true);
  }
}

void FakeObjects::cut_watches() {
  for (const auto& watch : watches_) watch->body->cut();
  watches_.clear();
}

}  // namespace kubevitals::discovery::kubernetes
