#include "app/discover_flags.h"

#include <CLI/CLI.hpp>
#include <chrono>

#include "app/version.h"
#include "discovery/config/duration.h"
#include "net/web_config_source.h"

namespace kubevitals::app {

void add_discover_flags(CLI::App& app, DiscoverFlags& flags) {
  discovery::ServiceOptions& service = flags.service;
  app.add_option("--config.file", service.config_file, "Prometheus configuration")->required();
  app.add_option("--host", service.host, "Address to serve on")->capture_default_str();
  app.add_option("--port", service.port, "Port to serve on; 0: any free one")->capture_default_str();
  app.add_option("--web.config.file", flags.web_config_file,
                 "Web configuration: TLS, client certificates, users; read again when it changes")
      ->type_name("FILE");
  app.add_option("--discovery.throttle", flags.throttle,
                 "How long publications wait for one another while targets keep changing; after a quiet time "
                 "they go out at once")
      ->capture_default_str();
  app.add_option("--file-sd.dir", service.file_sd_dir, "Keep a file_sd file for each job in this directory");
  app.add_flag("--file-sd.relabeled", service.file_sd_relabeled,
               "Write targets as they are after relabelling to these files");
}

Result<discovery::ServiceOptions> discover_options(const DiscoverFlags& flags) {
  discovery::ServiceOptions options = flags.service;
  const Result<std::chrono::milliseconds> throttle = discovery::parse_prometheus_duration(flags.throttle);
  if (!throttle) return throttle.error().wrap("--discovery.throttle");
  options.throttle = *throttle;
  if (!flags.web_config_file.empty()) {
    auto web = net::WebConfigSource::open(flags.web_config_file);
    if (!web) return web.error();
    options.web = std::move(*web);
  }
  options.version = kVersion;
  return options;
}

}  // namespace kubevitals::app
