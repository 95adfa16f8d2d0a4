// Any text as a redirect's Location: what comes of it is an http URL without credentials, or an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::net;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto resolved = resolve_url("http://user:secret@host:81/a/b?c=d", text);
  for (const std::string& url : {text, resolved ? *resolved : std::string()}) {
    const auto parsed = parse_http_url(url);
    if (!parsed) continue;
    if (parsed->host.empty() || parsed->text.empty()) std::abort();
    const auto again = parse_http_url(parsed->text);
    if (!again || again->has_credentials || again->host != parsed->host) std::abort();
  }
  return 0;
}
