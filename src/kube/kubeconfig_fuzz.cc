// Any text as a kubeconfig, alone and beside itself, and what a plugin printed: an error is one line, and a
// connection has an address.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kube/exec_credentials.h"
#include "kube/kubeconfig.h"

namespace kubevitals::kube {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const Result<ApiServerConfig>& config) {
  if (config) {
    require(config->url.starts_with("http://") || config->url.starts_with("https://"));
    require(config->url.starts_with("https://") || config->credentials.token.empty());
  } else {
    for (const unsigned char c : config.error().message) require(c >= ' ' && c != 127);
  }
}

}  // namespace
}  // namespace kubevitals::kube

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kubevitals::kube;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<KubeconfigFile> files{{"/a/config", text}, {"/b/config", text}};
  check(read_kubeconfig({files.front()}, {}));
  check(read_kubeconfig(files, {.context = "x", .server = ""}));
  check(read_kubeconfig({files.front()}, {.context = "", .server = "https://localhost"}));
  static_cast<void>(read_exec_credential(text, "client.authentication.k8s.io/v1"));
  return 0;
}
