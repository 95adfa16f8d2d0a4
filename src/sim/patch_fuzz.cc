// Any JSON as a patch of each sort: a failure leaves the document alone, success leaves one that can be
// written.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/patch.h"
#include "sim/sample_objects.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::sim;
  boost::system::error_code error;
  const json::value patch = json::parse(std::string_view(reinterpret_cast<const char*>(data), size), error);
  if (error) return 0;
  static const json::value kPod = json::parse(kSamplePod);
  json::value document = kPod;
  apply_merge_patch(document, patch);
  (void)json::serialize(document);
  document = kPod;
  if (!apply_json_patch(document, patch) && document != kPod) std::abort();
  (void)json::serialize(document);
  document = kPod;
  if (!apply_strategic_merge_patch("v1", "Pod", document, patch) && document != kPod) std::abort();
  (void)json::serialize(document);
  return 0;
}
