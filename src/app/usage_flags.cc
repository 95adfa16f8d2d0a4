#include "app/usage_flags.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "app/state_flags.h"
#include "app/version.h"
#include "base/yaml_fields.h"
#include "kube/selectors.h"
#include "usage/api/auth/open_paths.h"

namespace kubevitals::app {
namespace {

// Heapster's least.
constexpr auto kLeastResolution = std::chrono::seconds(5);

CLI::Option* add_list(CLI::App& app, const char* names, std::vector<std::string>& values, const char* help) {
  return app.add_option(names, values, help)->delimiter(',')->type_name("NAME,...");
}

void add_source_flags(CLI::App& app, UsageFlags& flags) {
  const char* group = "What is asked";
  app.add_option(
         "--source", flags.sources,
         "kubernetes.resource (what metrics-server asks; the default), kubernetes.summary_api or kubernetes "
         "(Heapster's), with a URL and options: kubernetes.summary_api:https://host?kubeletHttps=true")
      ->type_name("SOURCE")
      ->group(group);
  app.add_option("--metric-resolution,--metric_resolution", flags.resolution, "How often, from 5s on")
      ->capture_default_str()
      ->group(group);
  app.add_option("--kubelet-request-timeout", flags.request_timeout,
                 "How long one kubelet may take; at most half the resolution counts")
      ->capture_default_str()
      ->group(group);
  app.add_option("--node-selector,-l", flags.service.node_selector,
                 "Label selector: other nodes are neither asked nor shown")
      ->type_name("SELECTOR")
      ->group(group);
  app.add_option("--kubelet-port", flags.kubelet_port,
                 "Port of the kubelets; 10250 or 10255 as the source has it")
      ->group(group);
  app.add_flag("--kubelet-use-node-status-port", flags.kubelet.use_node_status_port,
               "Use the port in the node's status where there is one")
      ->group(group);
  add_list(app, "--kubelet-preferred-address-types", flags.kubelet.preferred_addresses,
           "Types of node addresses, best first")
      ->group(group);
  app.add_option("--kubelet-certificate-authority", flags.kubelet.certificate_authority,
                 "File with the CA of the kubelets' certificates")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--kubelet-client-certificate", flags.kubelet.client_certificate,
                 "Certificate shown to kubelets")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--kubelet-client-key", flags.kubelet.client_key, "Its key")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--kubelet-insecure-tls", flags.kubelet.insecure_tls,
               "Do not verify the kubelets' certificates")
      ->group(group);
  app.add_flag("--kubelet-through-api-server", flags.service.through_api_server,
               "Ask the kubelets by the API server's node proxy: needs the RBAC resource nodes/proxy")
      ->group(group);
}

void add_output_flags(CLI::App& app, UsageFlags& flags) {
  const char* group = "Where it goes";
  app.add_option("--sink", flags.sinks,
                 "Sink with its URL and options, any number of times: log, influxdb:http://host:8086?db=k8s")
      ->type_name("SINK")
      ->group(group);
  app.add_option("--sink-export-data-timeout,--sink_export_data_timeout", flags.export_timeout,
                 "How long one export may take")
      ->capture_default_str()
      ->group(group);
  app.add_option("--label-separator,--label_separator", flags.label_separator,
                 "What stands between an object's labels in the label \"labels\"")
      ->capture_default_str()
      ->group(group);
  add_list(app, "--ignore-label,--ignore_label", flags.ignored_labels,
           "Labels of objects that are left out there")
      ->group(group);
  add_list(app, "--store-label,--store_label", flags.stored_labels,
           "Labels of objects that are labels of their own as well: name, or new_name=name")
      ->group(group);
  app.add_flag("--disable-metric-sink,--disable_metric_sink", flags.service.disable_metric_sink,
               "Keep nothing for the Model API and the export")
      ->group(group);
  app.add_flag("--disable-export,--disable_export", flags.service.disable_export,
               "Show nothing at /api/v1/metric-export")
      ->group(group);
}

void add_port_flags(CLI::App& app, UsageFlags& flags) {
  const char* group = "Where it is served";
  app.add_option("--heapster-port,--port", flags.service.port, "Port of the APIs")
      ->capture_default_str()
      ->group(group);
  app.add_option("--listen-ip,--listen_ip,--host", flags.service.host, "Address of the APIs")
      ->capture_default_str()
      ->group(group);
  app.add_option("--tls-cert,--tls_cert", flags.tls_certificate_file, "Serve the APIs with this certificate")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--tls-key,--tls_key", flags.tls_key_file, "Its key")->type_name("FILE")->group(group);
  app.add_option("--tls-client-ca,--tls_client_ca", flags.client_ca_file,
                 "Only clients whose certificate is of this CA are answered")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--allowed-users,--allowed_users", flags.service.allowed_users,
                 "Only clients whose certificate has one of these common names are answered")
      ->type_name("NAME,...")
      ->group(group);
  app.add_option("--web.config.file", flags.web_config_file,
                 "Web configuration instead of the four above; read again when it changes")
      ->type_name("FILE")
      ->group(group);
}

void add_secure_port_flags(CLI::App& app, UsageFlags& flags) {
  const char* group = "The secure port";
  const auto add_file = [&](const char* name, std::string& file, const char* help) {
    flags.of_secure_port.push_back(app.add_option(name, file, help)->type_name("FILE")->group(group));
  };
  usage::DelegatedOptions& delegated = flags.secure.delegated;
  app.add_option(
         "--secure-port", flags.secure_port,
         "Port for the API server's aggregation layer, always with TLS; 0: none. Without it 443 when one of "
         "--tls-cert-file, --tls-private-key-file, --cert-dir, --client-ca-file, "
         "--requestheader-client-ca-file, --authentication-kubeconfig and --authorization-kubeconfig is "
         "given, else none")
      ->group(group);
  app.add_option("--bind-address", flags.secure.host, "Its address")->capture_default_str()->group(group);
  add_file("--tls-cert-file", flags.secure_certificate_file,
           "Its certificate, read again when it changes; one is made without");
  add_file("--tls-private-key-file", flags.secure_key_file, "Its key");
  add_file("--client-ca-file", delegated.client_ca_file,
           "CA of the certificates that name users; the cluster tells it without");
  add_file(
      "--requestheader-client-ca-file", delegated.proxy_ca_file,
      "CA of the API server's front proxy; without, the cluster tells it, and what the five flags below say");
  add_list(app, "--requestheader-allowed-names", delegated.proxy.names,
           "Common names of the front proxy that are believed; all by default")
      ->group(group);
  add_list(app, "--requestheader-username-headers", delegated.proxy.user_headers,
           "Fields in which the front proxy names the user")
      ->capture_default_str()
      ->group(group);
  add_list(app, "--requestheader-uid-headers", delegated.proxy.uid_headers,
           "Fields in which it tells the user's UID; none by default, for older API servers pass on what "
           "clients send")
      ->group(group);
  add_list(app, "--requestheader-group-headers", delegated.proxy.group_headers,
           "Fields in which it names the user's groups")
      ->capture_default_str()
      ->group(group);
  add_list(app, "--requestheader-extra-headers-prefix", delegated.proxy.extra_prefixes,
           "What the fields with anything else about the user begin with")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--authentication-skip-lookup", delegated.skip_config_map,
               "Do not ask the cluster for what the flags do not tell")
      ->group(group);
  app.add_flag("--authentication-tolerate-lookup-failure{true}", flags.tolerate_lookup_failure,
               "Be ready although the cluster does not tell it")
      ->group(group);
  add_list(app, "--authorization-always-allow-paths", delegated.open_paths,
           "Paths for which nobody needs permission; \"*\" at the end stands for anything")
      ->type_name("PATH,...")
      ->capture_default_str()
      ->group(group);
}

// What the incumbents' deployments have on their command lines.
void add_ignored_flags(CLI::App& app, UsageFlags& flags) {
  flags.ignored.add_klog(app);
  flags.ignored.add_options(
      app, {"--max-procs,--max_procs", "--historical-source,--historical_source", "--logging-format",
            "--feature-gates", "--cert-dir", "--authentication-kubeconfig", "--authorization-kubeconfig",
            "--authentication-token-webhook-cache-ttl", "--authorization-webhook-cache-authorized-ttl",
            "--authorization-webhook-cache-unauthorized-ttl", "--shutdown-delay-duration",
            "--request-timeout", "--min-request-timeout", "--max-requests-inflight",
            "--max-mutating-requests-inflight", "--http2-max-streams-per-connection"});
  for (const char* name : {"--cert-dir", "--authentication-kubeconfig", "--authorization-kubeconfig"}) {
    flags.of_secure_port.push_back(app.get_option(name));
  }
  flags.ignored.add_switches(
      app, {"--api-server", "--profiling", "--contention-profiling", "--shutdown-send-retry-after",
            "--disable-http2-serving", "--permit-port-sharing", "--permit-address-sharing"});
}

Result<void> read_into(std::string& text, const std::string& file, const char* flag) {
  if (file.empty()) return {};
  Result<std::string> read = read_text_file(file);
  if (!read) return read.error().wrap(std::string(flag) + ": " + file);
  text = std::move(*read);
  return {};
}

Error refused(std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message)};
}

Result<void> read_times(const UsageFlags& flags, usage::ServiceOptions& options) {
  struct Time {
    const char* flag;
    const std::string& text;
    std::chrono::milliseconds& value;
  };
  for (const Time& time :
       {Time{"--metric-resolution", flags.resolution, options.resolution},
        Time{"--kubelet-request-timeout", flags.request_timeout, options.request_timeout},
        Time{"--sink-export-data-timeout", flags.export_timeout, options.export_timeout}}) {
    const Result<std::chrono::milliseconds> parsed = parse_duration(time.text);
    if (!parsed) return parsed.error().wrap(time.flag);
    if (parsed->count() == 0) return refused(std::string(time.flag) + ": it must be more than zero");
    time.value = *parsed;
  }
  if (options.resolution < kLeastResolution) return refused("--metric-resolution: 5s is the least");
  return {};
}

Result<void> read_source(const UsageFlags& flags, usage::ServiceOptions& options) {
  if (flags.sources.size() > 1) return refused("--source: there can be only one");
  const Result<usage::FlagUri> uri =
      usage::parse_flag_uri(flags.sources.empty() ? "kubernetes.resource" : flags.sources.front());
  if (!uri) return uri.error().wrap("--source");
  usage::KubeletFlags kubelet = flags.kubelet;
  if (flags.kubelet_port != 0) kubelet.port = flags.kubelet_port;
  Result<usage::SourceOptions> source =
      usage::read_source_options(*uri, kubelet, flags.connection, kube::real_surroundings());
  if (!source) return source.error().wrap("--source");
  for (const std::string& warning : source->warnings) spdlog::warn("--source: {}", warning);
  options.source = std::move(*source);
  return {};
}

Result<void> read_main_port(const UsageFlags& flags, usage::ServiceOptions& options) {
  if (options.host.empty()) options.host = "::";  // Heapster's default of --listen-ip
  if (flags.tls_certificate_file.empty() != flags.tls_key_file.empty()) {
    return refused("--tls-cert and --tls-key: TLS needs both");
  }
  if (!flags.client_ca_file.empty() && flags.tls_certificate_file.empty()) {
    return refused("--tls-client-ca: it needs --tls-cert and --tls-key");
  }
  if (!options.allowed_users.empty() && flags.client_ca_file.empty()) {
    return refused("--allowed-users: it needs --tls-client-ca, or everybody would be let in");
  }
  if (Result<void> read = read_into(options.tls_certificate, flags.tls_certificate_file, "--tls-cert"); !read)
    return read;
  if (Result<void> read = read_into(options.tls_key, flags.tls_key_file, "--tls-key"); !read) return read;
  if (Result<void> read = read_into(options.client_ca, flags.client_ca_file, "--tls-client-ca"); !read)
    return read;
  if (flags.web_config_file.empty()) return {};
  if (!flags.tls_certificate_file.empty()) return refused("--web.config.file: --tls-cert is given as well");
  auto web = net::WebConfigSource::open(flags.web_config_file);
  if (!web) return web.error();
  options.web = std::move(*web);
  return {};
}

// metrics-server's, when its flags are used.
std::uint16_t secure_port(const UsageFlags& flags) {
  if (flags.secure_port) return *flags.secure_port;
  const bool meant = std::any_of(flags.of_secure_port.begin(), flags.of_secure_port.end(),
                                 [](const CLI::Option* option) { return option->count() > 0; });
  return meant ? 443 : 0;
}

Result<void> read_secure_port(const UsageFlags& flags, usage::ServiceOptions& options) {
  usage::SecurePortOptions secure = flags.secure;
  secure.port = secure_port(flags);
  if (secure.port == 0) return {};
  if (flags.secure_certificate_file.empty() != flags.secure_key_file.empty()) {
    return refused("--tls-cert-file and --tls-private-key-file: both are needed");
  }
  if (!flags.secure_certificate_file.empty()) {
    auto certificate =
        net::WebConfigSource::open_certificate(flags.secure_certificate_file, flags.secure_key_file);
    if (!certificate) return certificate.error().wrap("--tls-cert-file");
    secure.certificate = std::move(*certificate);
  }
  secure.needs_config_map = !flags.tolerate_lookup_failure;
  usage::DelegatedOptions& delegated = secure.delegated;
  // An empty value is an empty list.
  for (auto* list :
       {&delegated.open_paths, &delegated.proxy.names, &delegated.proxy.user_headers,
        &delegated.proxy.uid_headers, &delegated.proxy.group_headers, &delegated.proxy.extra_prefixes}) {
    std::erase(*list, "");
  }
  if (Result<void> good = usage::check_path_patterns(delegated.open_paths); !good) {
    return good.error().wrap("--authorization-always-allow-paths");
  }
  options.secure = std::move(secure);
  return {};
}

}  // namespace

void add_usage_flags(CLI::App& app, UsageFlags& flags) {
  add_source_flags(app, flags);
  add_output_flags(app, flags);
  add_port_flags(app, flags);
  add_secure_port_flags(app, flags);
  add_ignored_flags(app, flags);
}

Result<usage::ServiceOptions> usage_options(const UsageFlags& flags) {
  usage::ServiceOptions options = flags.service;
  options.version = kVersion;
  flags.ignored.tell();
  if (const auto selector = kube::LabelSelector::parse(options.node_selector); !selector) {
    return selector.error().wrap("--node-selector");
  }
  if (Result<void> read = read_times(flags, options); !read) return read.error();
  if (Result<void> read = read_source(flags, options); !read) return read.error();
  for (const std::string& text : flags.sinks) {
    Result<usage::FlagUri> uri = usage::parse_flag_uri(text);
    if (!uri) return uri.error().wrap("--sink");
    // The in-memory sink, by name: it is there, even when it should not be unless somebody asks for it.
    if (uri->key == "metric") {
      options.disable_metric_sink = false;
    } else {
      options.sinks.push_back(std::move(*uri));
    }
  }
  options.labels.separator = flags.label_separator;
  options.labels.ignored.insert(flags.ignored_labels.begin(), flags.ignored_labels.end());
  for (const std::string& label : flags.stored_labels) options.labels.store(label);
  if (Result<void> read = read_main_port(flags, options); !read) return read.error();
  if (Result<void> read = read_secure_port(flags, options); !read) return read.error();
  return options;
}

}  // namespace kubevitals::app
