#include "kube/credentials.h"

#include <openssl/evp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <mutex>
#include <sstream>

#include "base/rfc3339.h"
#include "kube/run_program.h"

namespace kubevitals::kube {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

// Tokens of service accounts live for an hour at least: a minute is client-go's choice.
constexpr Duration kFileFreshness = 1min;
// A plugin may ask a cloud; kubectl has no limit here, but a hanging one must not hang this program for good.
constexpr auto kPluginTimeout = 60s;

std::string base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Authorization authorization) : authorization_(std::move(authorization)) {}
  asio::awaitable<Result<Authorization>> get() override { co_return authorization_; }
  void invalidate() override {}

 private:
  const Authorization authorization_;
};

class TokenFile final : public CredentialSource {
 public:
  TokenFile(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

  asio::awaitable<Result<Authorization>> get() override { co_return read(); }

  void invalidate() override {
    const std::lock_guard lock(mutex_);
    read_at_.reset();
  }

 private:
  Result<Authorization> read() {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.now();
    if (read_at_ && now - *read_at_ < kFileFreshness) return Authorization{header_, "", ""};
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    std::string token = content.str();
    while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back())) != 0) token.pop_back();
    if (!token.empty()) {
      header_ = "Bearer " + token;
      read_at_ = now;
    }
    if (header_.empty()) return Error{ErrorCode::kUnauthorized, "cannot read a token from " + path_};
    return Authorization{header_, "", ""};
  }

  const std::string path_;
  Clock& clock_;
  std::mutex mutex_;
  std::string header_;                 // guarded by mutex_
  std::optional<SteadyTime> read_at_;  // guarded by mutex_
};

class ExecCredentials final : public CredentialSource {
 public:
  ExecCredentials(ExecPlugin plugin, std::string request, Clock& clock)
      : plugin_(std::move(plugin)), request_(std::move(request)), clock_(clock) {}
  ~ExecCredentials() override {
    thread_.stop();
    thread_.join();
  }

  // One thread, so that many requests at once run the plugin once.
  asio::awaitable<Result<Authorization>> get() override {
    auto result = co_await asio::co_spawn(thread_, fetch(), asio::use_awaitable);
    co_return std::move(*result);
  }

  void invalidate() override {
    const std::lock_guard lock(mutex_);
    known_.reset();
  }

 private:
  asio::awaitable<std::optional<Result<Authorization>>> fetch() {
    {
      const std::lock_guard lock(mutex_);
      if (known_ && (!expires_ || clock_.wall_now() < *expires_)) co_return Result<Authorization>(*known_);
    }
    co_return run();
  }

  Result<Authorization> run() {
    ProgramCall call;
    call.command = plugin_.command;
    call.arguments = plugin_.arguments;
    call.environment = plugin_.environment;
    call.environment.emplace_back("KUBERNETES_EXEC_INFO", request_);
    call.timeout = kPluginTimeout;
    const Result<std::string> output = run_program(call);
    const std::string what = "cannot get credentials from " + plugin_.command + ": ";
    if (!output) {
      const bool missing = output.error().code == ErrorCode::kNotFound && !plugin_.install_hint.empty();
      return Error{ErrorCode::kUnauthorized,
                   what + output.error().message + (missing ? " (" + plugin_.install_hint + ")" : "")};
    }
    return take(*output, what);
  }

  Result<Authorization> take(const std::string& output, const std::string& what) {
    boost::system::error_code error;
    const json::value document = json::parse(output, error);
    const auto fail = [&](const char* cause) { return Error{ErrorCode::kUnauthorized, what + cause}; };
    if (error || !document.is_object()) return fail("its output is not JSON");
    const auto text = [](const json::object& object, std::string_view key) {
      const json::value* value = object.if_contains(key);
      return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
    };
    const json::object& root = document.get_object();
    if (text(root, "kind") != "ExecCredential") return fail("its output is not an ExecCredential");
    if (text(root, "apiVersion") != plugin_.api_version)
      return fail("its output has another apiVersion than it was asked for");
    const json::value* status = root.if_contains("status");
    if (status == nullptr || !status->is_object()) return fail("its output has no status");
    Authorization authorization;
    const std::string token = text(status->get_object(), "token");
    if (!token.empty()) authorization.header = "Bearer " + token;
    authorization.certificate = text(status->get_object(), "clientCertificateData");
    authorization.key = text(status->get_object(), "clientKeyData");
    if (authorization.certificate.empty() != authorization.key.empty())
      return fail("it gave half a client certificate");
    if (token.empty() && authorization.certificate.empty())
      return fail("it gave neither a token nor a certificate");
    const std::string expires = text(status->get_object(), "expirationTimestamp");
    const std::lock_guard lock(mutex_);
    expires_.reset();
    if (!expires.empty()) {
      const Result<UnixTime> time = parse_rfc3339(expires);
      if (!time) return fail("its expirationTimestamp is no time");
      expires_ = WallTime(std::chrono::seconds(time->seconds));
    }
    known_ = authorization;
    return authorization;
  }

  const ExecPlugin plugin_;
  const std::string request_;
  Clock& clock_;
  asio::thread_pool thread_{1};
  std::mutex mutex_;
  std::optional<Authorization> known_;  // guarded by mutex_
  std::optional<WallTime> expires_;     // guarded by mutex_
};

// The document that a plugin finds in KUBERNETES_EXEC_INFO.
std::string exec_request(const ApiServerConfig& config) {
  json::object spec{{"interactive", false}};
  if (config.credentials.exec->provide_cluster_info) {
    json::object cluster{{"server", config.url}};
    const net::TransportOptions& transport = config.transport;
    if (!transport.tls_server_name.empty()) cluster["tls-server-name"] = transport.tls_server_name;
    if (transport.insecure_skip_verify) cluster["insecure-skip-tls-verify"] = true;
    if (!transport.ca_data.empty()) cluster["certificate-authority-data"] = base64(transport.ca_data);
    if (!transport.proxy_url.empty()) cluster["proxy-url"] = transport.proxy_url;
    spec["cluster"] = std::move(cluster);
  }
  return json::serialize(json::object{{"apiVersion", config.credentials.exec->api_version},
                                      {"kind", "ExecCredential"},
                                      {"spec", std::move(spec)}});
}

}  // namespace

std::unique_ptr<CredentialSource> make_credential_source(const ApiServerConfig& config, Clock& clock) {
  const Credentials& credentials = config.credentials;
  if (credentials.exec) {
    return std::make_unique<ExecCredentials>(*credentials.exec, exec_request(config), clock);
  }
  if (!credentials.token_file.empty()) return std::make_unique<TokenFile>(credentials.token_file, clock);
  Authorization authorization;
  if (!credentials.token.empty()) {
    authorization.header = "Bearer " + credentials.token;
  } else if (!credentials.username.empty()) {
    authorization.header = "Basic " + base64(credentials.username + ":" + credentials.password);
  }
  return std::make_unique<FixedCredentials>(std::move(authorization));
}

}  // namespace kubevitals::kube
