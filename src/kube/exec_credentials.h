// Credentials from a program, as kubectl gets them from cloud providers' plugins:
// client.authentication.k8s.io.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kube/credentials.h"

namespace kubevitals::kube {

// `config.credentials.exec` is set. The plugin runs on a thread of the source's own; destroying the source
// kills a plugin that is still running.
std::unique_ptr<CredentialSource> make_exec_credentials(const ApiServerConfig& config, Clock& clock,
                                                        asio::any_io_executor executor);

// The document that a plugin finds in KUBERNETES_EXEC_INFO.
std::string exec_credential_request(const ApiServerConfig& config);

struct ExecCredential {
  Authorization authorization;
  std::optional<WallTime> expires;
};

// Takes what a plugin printed, which is checked; kUnauthorized, without any of it in the message, says what
// is wrong.
Result<ExecCredential> read_exec_credential(const std::string& output, const std::string& api_version);

}  // namespace kubevitals::kube
