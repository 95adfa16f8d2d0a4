// What is sent to be let in, kept fresh.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kube/config.h"

namespace kubevitals::kube {

// What credentials come to at one moment.
struct Authorization {
  std::string header;  // the value of the field Authorization; empty for none
  // A client certificate and its key from an exec plugin, PEM; empty for none.
  std::string certificate;
  std::string key;

  friend bool operator==(const Authorization&, const Authorization&) = default;
};

// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;

  // The credentials to use now: what is known if that is fresh enough, otherwise from the file or the plugin.
  // When a file cannot be read the last token is used on. kUnauthorized when there is nothing to use;
  // kCancelled when the awaiting coroutine was cancelled.
  virtual asio::awaitable<Result<Authorization>> get() = 0;

  // The server refused these. Unless others are known by now, the next get() asks the file or the plugin.
  virtual void invalidate(const Authorization& refused) = 0;
};

// The source that the configuration asks for. `clock` outlives it; `executor` is where it waits.
//
// A token file is looked at for each request and read when it was changed, and each minute, as client-go
// does. An exec plugin runs again when what it gave has expired; requests at the same time share one run.
std::unique_ptr<CredentialSource> make_credential_source(const ApiServerConfig& config, Clock& clock,
                                                         asio::any_io_executor executor);

}  // namespace kubevitals::kube
