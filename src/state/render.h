// State metrics of objects in files, without a cluster.
#pragma once

#include <cstddef>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kube/manifest_reader.h"
#include "state/resources.h"

namespace kubevitals::state {

// Renders each object as it is read and keeps only its text, compressed, until all of it is written family by
// family. Not thread-safe.
class FileRenderer final : private kube::ManifestHandler {
 public:
  explicit FileRenderer(std::vector<SelectedResource> selected);
  ~FileRenderer() override;

  // Reads a file; to be called for each. Fails with kInvalid when its text is broken ("line 3: <cause>");
  // objects that cannot be read are left out and are among the problems().
  Result<void> read(std::istream& input, std::string_view name);

  // HELP, TYPE and samples of all families of each resource that has an object, in the table's order. `sink`
  // gets the text in pieces; a false from it ends the writing.
  void write(const std::function<bool(std::string_view)>& sink);

  // "<file>: line 12: items[3]: Pod ns/name: spec.replicas: <cause>" for the first bad objects; the number of
  // all.
  const std::vector<std::string>& problems() const { return problems_; }
  std::size_t problem_count() const { return problem_count_; }

  // Objects of kinds that there are no metrics for: "v1 ConfigMap" and how many.
  const std::map<std::string, std::size_t>& unsupported() const { return unsupported_; }
  // Objects that were rendered.
  std::size_t rendered() const { return rendered_; }

 private:
  struct Target;

  void on_object(const kube::ManifestObject& object) override;
  void on_bad_object(const Error& error) override;
  void add_problem(std::string problem);

  std::vector<std::unique_ptr<Target>> targets_;
  std::string file_;  // that is being read
  std::vector<std::string> problems_;
  std::size_t problem_count_ = 0;
  std::map<std::string, std::size_t> unsupported_;
  std::size_t rendered_ = 0;
};

}  // namespace kubevitals::state
