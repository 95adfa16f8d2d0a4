// What a kind of source is: where a kubelet has it, and how its answer becomes a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "usage/model/batch.h"

namespace kubevitals::usage {

// All that the reading of an answer depends on.
struct ParseInput {
  std::string_view body;                 // its owner has 64 more readable bytes behind it
  std::shared_ptr<const NodeInfo> node;  // whose answer it is
  const NodeBlock* before = nullptr;     // the node's last block, or null
  Nanos now = 0;                         // for what is said to be as old as something
};

// Which of a node's addresses is asked.
enum class AddressRule : std::uint8_t {
  kReadyIp,         // Heapster's: the internal IP address, else the external one, of nodes that are ready
  kPreferredTypes,  // metrics-server's: the first address of the first type in a list of types
};

// A row of the table of sources. Adding one: a folder with its parser, a row in sources.cc, a build line, a
// page in docs/usage/.
struct SourceType {
  std::string_view name;    // as --source takes it: "kubernetes.summary_api"
  std::string_view method;  // of the request
  std::string_view path;
  // Pure; kInvalid when the answer cannot be understood.
  Result<NodeBlock> (*parse)(const ParseInput& input);
  // The JSON that is sent to ask for data from `start` to `end`; null: the request has no body.
  std::string (*request_body)(Nanos start, Nanos end) = nullptr;

  // Where kubelets are when nothing else is said.
  std::uint16_t kubelet_port = 10255;
  bool kubelet_https = false;
  AddressRule address_rule = AddressRule::kReadyIp;
  // A node's annotation metrics.k8s.io/resource-metrics-path names another path.
  bool path_is_annotated = false;
};

std::span<const SourceType> source_types();
// Null when there is none of this name.
const SourceType* find_source_type(std::string_view name);

// What has to stand behind ParseInput::body.
inline constexpr std::size_t kBodyPadding = 64;

}  // namespace kubevitals::usage
