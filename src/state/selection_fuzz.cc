// Arbitrary values of the flags that select families and labels: refused or applied, never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <string>

#include "state/selection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::state;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  SelectionFlags flags;
  flags.resources = {"nodes"};
  switch (data[0] % 5) {
    case 0:
      flags.resources = {text};
      break;
    case 1:
      flags.labels_allowlist = {text};
      break;
    case 2:
      flags.metric_allowlist = {text};
      break;
    case 3:
      flags.metric_denylist = {text};
      break;
    default:
      flags.metric_opt_in_list = {text};
  }
  const auto selected = select_resources(flags);
  if (selected && !selected->empty()) (void)selected->front().options.labels.allows(text);
  return 0;
}
