// Arbitrary files of manifests, read as `kubevitals render` does: whatever comes in, the text that comes out
// consists of whole lines.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "state/render.h"
#include "state/selection.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::state;
  SelectionFlags flags;
  flags.labels_allowlist = {"*=[*]"};
  flags.annotations_allowlist = {"*=[a*]"};
  flags.metric_opt_in_list = {"."};
  auto selected = select_resources(flags);
  if (!selected) std::abort();
  FileRenderer renderer(*std::move(selected));
  std::istringstream input(std::string(reinterpret_cast<const char*>(data), size));
  (void)renderer.read(input, "fuzz");
  renderer.write([](std::string_view text) {
    if (text.empty() || text.back() != '\n') std::abort();
    return true;
  });
  return 0;
}
