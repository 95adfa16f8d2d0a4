// Any JSON as users and rules, and as what is reviewed: no review fails, and an administrator stays one.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sim/api/access.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::sim;
  boost::system::error_code error;
  const json::value document =
      json::parse(std::string_view(reinterpret_cast<const char*>(data), size), error);
  if (error) return 0;
  Access access;
  const bool configured = static_cast<bool>(access.configure(document));
  if (configured && !access.configure(document)) std::abort();
  if (const json::object* review = document.if_object()) {
    if (!access.review_access(*review).contains("status")) std::abort();
    if (!access.review_token(*review, "admin").contains("status")) std::abort();
  }
  if (!access.identify("", "")) std::abort();
  return 0;
}
