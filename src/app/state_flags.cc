#include "app/state_flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/log.h"
#include "app/version.h"
#include "base/go_duration.h"

namespace kubevitals::app {
namespace {

CLI::Option* add_list(CLI::App& app, const char* name, std::vector<std::string>& values, const char* help) {
  return app.add_option(name, values, help)->delimiter(',')->type_name("NAME,...");
}

// With --node, KSM refuses resources other than pods that were named. Those that are there by default and
// cannot be followed that way are left out.
Result<void> check_scope(const std::vector<std::string>& named, state::ServiceOptions& options) {
  for (const std::string& name : named) {
    if (!options.scope.node.empty() && name != "pods") {
      return Error{ErrorCode::kInvalid,
                   "cannot use --node with resource " + name + ": only pods are on a node"};
    }
  }
  std::erase_if(options.resources, [&](const state::SelectedResource& selected) {
    return !state::can_follow(*selected.resource, options.scope);
  });
  return {};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(const std::string& text) {
  const Result<std::chrono::nanoseconds> duration = parse_go_duration(text);
  if (!duration) return duration.error();
  if (duration->count() < 0) {
    return Error{ErrorCode::kInvalid, "cannot read duration \"" + text + "\": it is negative"};
  }
  return std::chrono::round<std::chrono::milliseconds>(*duration);
}

void add_connection_flags(CLI::App& app, kube::ConnectionFlags& flags) {
  const char* group = "Cluster";
  app.add_option("--kubeconfig", flags.kubeconfig,
                 "File that says how to reach the cluster; in a pod the service account is used")
      ->group(group);
  app.add_option("--context", flags.context, "Context of the kubeconfig instead of its current one")
      ->group(group);
  app.add_option("--apiserver", flags.apiserver,
                 "URL of the API server; replaces the kubeconfig's, and needs none")
      ->group(group);
}

void add_state_flags(CLI::App& app, StateFlags& flags) {
  state::ServiceOptions& service = flags.service;
  const char* what = "What is exposed";
  add_list(app, "--resources", flags.selection.resources,
           "Resources to expose; all that are supported by default")
      ->group(what);
  add_list(app, "--namespaces", service.scope.namespaces, "Namespaces to follow; all by default")
      ->group(what);
  add_list(app, "--namespaces-denylist", service.scope.namespaces_denylist, "Namespaces not to follow")
      ->group(what);
  app.add_option("--node", service.scope.node,
                 "Only the pods of this node, for a DaemonSet; best with --resources=pods")
      ->group(what);
  app.add_flag("--track-unscheduled-pods", service.scope.unscheduled_pods,
               "Only pods that have no node yet; beside instances with --node")
      ->group(what);
  add_list(app, "--metric-allowlist", flags.selection.metric_allowlist,
           "Metrics to expose: names or ECMAScript regular expressions")
      ->group(what);
  add_list(app, "--metric-denylist", flags.selection.metric_denylist,
           "Metrics not to expose: names or ECMAScript regular expressions")
      ->group(what);
  add_list(app, "--metric-opt-in-list", flags.selection.metric_opt_in_list,
           "Metrics that are off by default, to expose as well")
      ->group(what);
  app.add_option("--metric-labels-allowlist", flags.selection.labels_allowlist,
                 "Labels of objects that *_labels metrics show, such as pods=[app,team],nodes=[*]")
      ->group(what);
  app.add_option("--metric-annotations-allowlist", flags.selection.annotations_allowlist,
                 "The same for annotations and *_annotations metrics")
      ->group(what);

  const char* where = "Where it is served";
  app.add_option("--host", service.host, "Address to serve metrics on")->capture_default_str()->group(where);
  app.add_option("--port", service.port, "Port to serve metrics on")->capture_default_str()->group(where);
  app.add_option("--telemetry-host", service.telemetry_host, "Address to serve the program's own metrics on")
      ->capture_default_str()
      ->group(where);
  app.add_option("--telemetry-port", service.telemetry_port, "Port to serve the program's own metrics on")
      ->capture_default_str()
      ->group(where);
  app.add_option(
         "--tls-config,--web.config.file", flags.web_config_file,
         "Web configuration of both ports: TLS, client certificates, users; read again when it changes")
      ->type_name("FILE")
      ->group(where);
  app.add_option("--server-read-timeout", flags.read_timeout, "Longest time for a request to arrive")
      ->capture_default_str()
      ->group(where);
  app.add_option("--server-read-header-timeout", flags.read_header_timeout,
                 "The same; the shorter of both counts, for requests here have no body")
      ->capture_default_str()
      ->group(where);
  app.add_option("--server-write-timeout", flags.write_timeout,
                 "Longest time without the client taking anything")
      ->capture_default_str()
      ->group(where);
  app.add_option("--server-idle-timeout", flags.idle_timeout,
                 "Longest time to wait for a connection's next request")
      ->capture_default_str()
      ->group(where);
  app.add_flag("--enable-gzip-encoding", flags.enable_gzip_encoding,
               "Accepted and not needed: gzip is always offered")
      ->group(where);

  const char* how = "How the cluster is followed";
  app.add_flag("--use-apiserver-cache,!--no-use-apiserver-cache", service.feeds.use_apiserver_cache,
               "List with resourceVersion=0: from the API server's cache, not from etcd")
      ->group(how);
  app.add_option("--watch-silence-timeout", flags.silence_timeout,
                 "A watch that brings nothing, not even a bookmark, for this long is made anew")
      ->capture_default_str()
      ->group(how);
  add_log_level(app, flags.log_level)->group(how);
  flags.ignored.add_klog(app);
  flags.ignored.add_options(app, {"--auto-gomemlimit-ratio"});
  flags.ignored.add_switches(app, {"--auto-gomemlimit"});
}

Result<state::ServiceOptions> service_options(const StateFlags& flags) {
  state::ServiceOptions options = flags.service;
  Result<std::vector<state::SelectedResource>> resources = state::select_resources(flags.selection);
  if (!resources) return resources.error();
  options.resources = std::move(*resources);
  if (Result<void> checked = check_scope(flags.selection.resources, options); !checked)
    return checked.error();
  std::chrono::milliseconds header_timeout{};
  struct Timeout {
    const char* flag;
    const std::string& text;
    std::chrono::milliseconds& value;
  };
  for (const Timeout& timeout :
       {Timeout{"--server-read-timeout", flags.read_timeout, options.read_timeout},
        Timeout{"--server-write-timeout", flags.write_timeout, options.write_timeout},
        Timeout{"--server-idle-timeout", flags.idle_timeout, options.idle_timeout},
        Timeout{"--server-read-header-timeout", flags.read_header_timeout, header_timeout},
        Timeout{"--watch-silence-timeout", flags.silence_timeout, options.feeds.silence_timeout}}) {
    const Result<std::chrono::milliseconds> value = parse_duration(timeout.text);
    if (!value) return value.error().wrap(timeout.flag);
    timeout.value = *value;
  }
  options.read_timeout = std::min(options.read_timeout, header_timeout);
  if (!flags.web_config_file.empty()) {
    auto web = net::WebConfigSource::open(flags.web_config_file);
    if (!web) return web.error();
    options.web = std::move(*web);
  }
  options.version = kVersion;
  set_up_log(flags.log_level);
  flags.ignored.tell();
  return options;
}

}  // namespace kubevitals::app
