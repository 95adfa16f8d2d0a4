// What is sent to be let in, kept fresh.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kube/config.h"

namespace kubevitals::kube {

// What credentials come to at one moment.
struct Authorization {
  std::string header;  // of the field Authorization; empty for none
  // A client certificate from an exec plugin, PEM; empty for none.
  std::string certificate;
  std::string key;
};

// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // The credentials to use now. From what is known if that is fresh enough, otherwise from the file or the
  // plugin; when a file cannot be read the last token is used on. kUnauthorized when there is nothing to use.
  virtual asio::awaitable<Result<Authorization>> get() = 0;

  // The server refused them: the next get() starts from the file or the plugin.
  virtual void invalidate() = 0;
};

// `clock` outlives the source. Files are looked at again after a minute, as client-go does; exec plugins run
// again when what they gave has expired, on a thread of their own.
std::unique_ptr<CredentialSource> make_credential_source(const ApiServerConfig& config, Clock& clock);

}  // namespace kubevitals::kube
