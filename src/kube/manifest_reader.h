// Reads the objects of a file of manifests, whatever they are written in.
#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kubevitals::kube {

// An object and what it says it is; an item of a typed list ("PodList") that does not say so is what the list
// says. Views are valid during the call.
struct ManifestObject {
  std::string_view api_version;
  std::string_view kind;
  std::string_view json;
  std::size_t line = 1;             // on which it begins
  std::optional<std::size_t> item;  // its index, when it stands in a list
};

class ManifestHandler {
 public:
  virtual ~ManifestHandler() = default;
  virtual void on_object(const ManifestObject& object) = 0;
  // An object that cannot be read or does not say what it is; reading goes on behind it.
  virtual void on_bad_object(const Error& error) = 0;
};

// "line 12: items[3]": how messages name an object.
std::string position_of(const ManifestObject& object);

// Reads JSON or YAML, found out by the first character: documents one after another, each an object or a list
// of objects of any kind. Objects are handed over one by one as they come; a large list is not held. Fails
// with kInvalid and "line 12: <cause>" where the text is broken, so that nothing behind it can be read; what
// came before has been handed over.
Result<void> read_manifests(std::istream& input, ManifestHandler& handler);

}  // namespace kubevitals::kube
