// The part of the web configuration that is about TLS.
#pragma once

#include <optional>

#include "base/yaml_fields.h"
#include "net/web_config.h"

namespace kubevitals::net {

// Reads `tls_server_config`; complains where the value is. Nothing when it does not switch TLS on.
std::optional<ServerTlsOptions> read_tls_server_config(const YamlValue& value, const FileReader& read_file);

}  // namespace kubevitals::net
