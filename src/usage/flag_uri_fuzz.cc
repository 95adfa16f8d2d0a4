// Any value of --source or --sink: refused, or taken apart; what is shown of it reads as the same kind again.
#include "usage/flag_uri.h"

#include <cstdint>
#include <cstdlib>

#include "usage/sources/source_options.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  const Result<usage::FlagUri> uri =
      usage::parse_flag_uri(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!uri) return 0;
  if (uri->key.empty() || !uri->redacted().starts_with(uri->key)) std::abort();
  kube::Surroundings surroundings;
  surroundings.service_account = "/none";
  // No files are read for this.
  if (uri->parameter("auth")) return 0;
  const Result<usage::SourceOptions> options = usage::read_source_options(*uri, {}, {}, surroundings);
  if (options && (options->type == nullptr || options->kubelet.port == 0)) std::abort();
  return 0;
}
