// Any text as a web configuration file, and what it makes of TLS. The files it names have the text itself, as
// certificates and keys do that stand in it; "pair" has good ones.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/bcrypt.h"
#include "net/self_signed.h"
#include "net/web_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static const net::KeyPair kPair = net::make_self_signed_certificate().value();
  const auto read_file = [&](const std::string& path) -> Result<std::string> {
    if (path == "pair") return kPair.certificate + kPair.key;
    if (path == "none") return Error{ErrorCode::kInvalid, "cannot read it"};
    return text;
  };
  const auto config = net::parse_web_config(text, "web.yml", read_file);
  if (!config) {
    // Each problem says where it is.
    if (config.error().message.find("web.yml") == std::string::npos) std::abort();
    return 0;
  }
  if (config->tls && !net::ServerTls::create(*config->tls)) std::abort();
  for (const auto& [name, hash] : config->users) {
    if (!net::check_bcrypt_hash(hash)) std::abort();
  }
  if (config->rate_limit.interval.count() > 0 && config->rate_limit.burst < 1) std::abort();
  return 0;
}
