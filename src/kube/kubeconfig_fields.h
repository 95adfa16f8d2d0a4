// Reading a kubeconfig's mappings with the line in each complaint.
#pragma once

#include <yaml-cpp/node/node.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace kubevitals::kube {

// Keeps the first thing that is wrong, so that fields can be read one after another and be checked at the
// end.
class Complaint {
 public:
  // `node` is where it is wrong; its line is named when it has one.
  void add(const YAML::Node& node, const std::string& cause);
  void add(const std::string& cause);

  bool empty() const { return cause_.empty(); }
  const std::string& cause() const { return cause_; }

 private:
  std::string cause_;
};

// The value of a key, undefined when `map` is no mapping or has no such key.
YAML::Node member(const YAML::Node& map, const char* key);

// A mapping's fields; a missing or null one reads as empty or false. What has another type than it should is
// added to the complaint and reads as if it were missing. Values never get into complaints: they may be
// secret.
class Fields {
 public:
  Fields(YAML::Node map, Complaint& complaint) : map_(std::move(map)), complaint_(complaint) {}

  const YAML::Node& node() const { return map_; }
  YAML::Node get(const char* key) const;  // undefined when it is missing or null

  std::string text(const char* key) const;
  bool flag(const char* key) const;
  std::string data(const char* key) const;  // base64 decoded
  std::vector<std::string> texts(const char* key) const;
  std::vector<Fields> list(const char* key) const;  // a list of mappings
  Fields mapping(const char* key) const;

  void complain(const std::string& cause) const { complaint_.add(map_, cause); }
  void complain(const char* key, const std::string& cause) const { complaint_.add(get(key), key + cause); }

 private:
  YAML::Node map_;
  Complaint& complaint_;
};

}  // namespace kubevitals::kube
