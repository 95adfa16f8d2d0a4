#include "net/curl_request.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

#include "net/curl_error.h"
#include "net/curl_url.h"

namespace kubevitals::net {
namespace {

// The kernel gives a connection up whose peer is gone: after unacknowledged data for 30 s, or an idle time of
// 15 s and three unanswered probes 5 s apart.
constexpr int kUserTimeoutMilliseconds = 30'000;
constexpr long kKeepaliveIdleSeconds = 15;
constexpr long kKeepaliveIntervalSeconds = 5;

int set_socket_options(void*, curl_socket_t socket, curlsocktype purpose) {
  if (purpose == CURLSOCKTYPE_IPCXN) {
    // Fails on a unix socket, which needs none of it.
    setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMilliseconds,
               sizeof kUserTimeoutMilliseconds);
  }
  return CURL_SOCKOPT_OK;
}

void set(CURL* easy, CURLoption option, long value) {
  curl_easy_setopt(easy, option, value);
}

void set_text(CURL* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(easy, option, text.c_str());
}

void set_blob(CURL* easy, CURLoption option, const std::string& text) {
  if (text.empty()) return;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  curl_easy_setopt(easy, option, &blob);
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || kPunctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<CurlRequest>> CurlRequest::make(const TransportOptions& options, HttpRequest request) {
  std::unique_ptr<CurlRequest> made(new CurlRequest());
  made->easy_ = curl_easy_init();
  if (made->easy_ == nullptr) return Error{ErrorCode::kInternal, "out of memory"};
  made->set_basics(options, request);
  made->set_tls(options);
  if (auto done = made->set_proxy(options, request); !done) return std::move(done).error();
  if (auto done = made->set_url(options, request); !done) return std::move(done).error();
  if (auto done = made->set_method(request); !done) return std::move(done).error();
  if (auto done = made->set_headers(request); !done) return std::move(done).error();
  return made;
}

CurlRequest::~CurlRequest() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
  curl_slist_free_all(proxy_headers_);
  curl_slist_free_all(connect_to_);
}

void CurlRequest::set_basics(const TransportOptions& options, const HttpRequest& request) {
  connect_timeout_ = options.connect_timeout;
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_SOCKOPTFUNCTION, &set_socket_options);
  set(easy_, CURLOPT_NOSIGNAL, 1);
  // Otherwise ending a transfer would wait for a name server that does not answer.
  set(easy_, CURLOPT_QUICK_EXIT, 1);
  set(easy_, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1 : 0);
  set(easy_, CURLOPT_MAXREDIRS, 10);
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(easy_, CURLOPT_HTTP_VERSION, options.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
  set(easy_, CURLOPT_TCP_KEEPALIVE, 1);
  set(easy_, CURLOPT_TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  set(easy_, CURLOPT_TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
  set_text(easy_, CURLOPT_USERAGENT, options.user_agent);
}

void CurlRequest::set_tls(const TransportOptions& options) {
  const bool own_ca = !options.ca_file.empty() || !options.ca_data.empty();
  // With an authority of its own a server must not be vouched for by the system's.
  if (own_ca) curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  if (options.ca_data.empty()) set_text(easy_, CURLOPT_CAINFO, options.ca_file);
  set_blob(easy_, CURLOPT_CAINFO_BLOB, options.ca_data);
  // A proxy that speaks TLS is trusted as the server is.
  if (own_ca) curl_easy_setopt(easy_, CURLOPT_PROXY_CAPATH, nullptr);
  if (options.ca_data.empty()) set_text(easy_, CURLOPT_PROXY_CAINFO, options.ca_file);
  set_blob(easy_, CURLOPT_PROXY_CAINFO_BLOB, options.ca_data);
  // A file is read again for each connection; parsing the system's hundreds of certificates again is not
  // worth it.
  set(easy_, CURLOPT_CA_CACHE_TIMEOUT, options.ca_file.empty() ? 3600 : 0);
  if (options.certificate_data.empty()) set_text(easy_, CURLOPT_SSLCERT, options.certificate_file);
  set_blob(easy_, CURLOPT_SSLCERT_BLOB, options.certificate_data);
  if (options.key_data.empty()) set_text(easy_, CURLOPT_SSLKEY, options.key_file);
  set_blob(easy_, CURLOPT_SSLKEY_BLOB, options.key_data);
  if (options.insecure_skip_verify) {
    set(easy_, CURLOPT_SSL_VERIFYPEER, 0);
    set(easy_, CURLOPT_SSL_VERIFYHOST, 0);
    set(easy_, CURLOPT_PROXY_SSL_VERIFYPEER, 0);
    set(easy_, CURLOPT_PROXY_SSL_VERIFYHOST, 0);
  }
  set_tls_versions(options);
}

void CurlRequest::set_tls_versions(const TransportOptions& options) {
  constexpr std::array kMin{CURL_SSLVERSION_DEFAULT, CURL_SSLVERSION_TLSv1_0, CURL_SSLVERSION_TLSv1_1,
                            CURL_SSLVERSION_TLSv1_2, CURL_SSLVERSION_TLSv1_3};
  constexpr std::array kMax{CURL_SSLVERSION_MAX_DEFAULT, CURL_SSLVERSION_MAX_TLSv1_0,
                            CURL_SSLVERSION_MAX_TLSv1_1, CURL_SSLVERSION_MAX_TLSv1_2,
                            CURL_SSLVERSION_MAX_TLSv1_3};
  const auto min = static_cast<std::size_t>(options.min_tls_version);
  const auto max = static_cast<std::size_t>(options.max_tls_version);
  set(easy_, CURLOPT_SSLVERSION, static_cast<long>(kMin.at(min)) | static_cast<long>(kMax.at(max)));
  // OpenSSL 3 has the digests of the old versions only at the lowest level.
  const bool old = options.min_tls_version == TlsVersion::k10 || options.min_tls_version == TlsVersion::k11;
  if (old) curl_easy_setopt(easy_, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
}

// For tunnels only: what is no tunnel would pass them on to the server.
Result<void> CurlRequest::set_proxy_headers(const TransportOptions& options) {
  for (const auto& [name, value] : options.proxy_headers) {
    if (!is_token(name)) return invalid("bad name of a proxy header");
    if (!is_field_value(value)) return invalid("bad value of the proxy header " + name);
    const std::string line = is_blank(value) ? name + ";" : name + ": " + value;
    proxy_headers_ = curl_slist_append(proxy_headers_, line.c_str());
  }
  if (proxy_headers_ != nullptr) curl_easy_setopt(easy_, CURLOPT_PROXYHEADER, proxy_headers_);
  return {};
}

Result<void> CurlRequest::set_proxy(const TransportOptions& options, const HttpRequest& request) {
  if (!options.unix_socket.empty()) {
    set_text(easy_, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket);
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
    return {};
  }
  if (request.proxy_url && request.proxy_url->empty()) {
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
    return {};
  }
  const std::string& proxy_url = request.proxy_url ? *request.proxy_url : options.proxy_url;
  if (proxy_url.empty()) return {};
  const auto parsed = CurlUrl::parse(proxy_url);
  if (!parsed) return invalid("bad proxy URL: " + parsed.error().message);
  const std::string scheme = parsed->part(CURLUPART_SCHEME);
  std::string url = proxy_url;
  // Names are resolved by the proxy, as Go's clients have it resolve them.
  if (scheme == "socks5") url.insert(url.find(':'), "h");
  if (scheme != "http" && scheme != "https" && scheme != "socks5" && scheme != "socks5h") {
    return invalid("bad proxy URL: the scheme is none of http, https and socks5");
  }
  set_text(easy_, CURLOPT_PROXY, url);
  // One that was asked for by name is used whatever the environment excludes.
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");
  return {};
}

Result<void> CurlRequest::set_url(const TransportOptions& options, const HttpRequest& request) {
  auto parsed = CurlUrl::parse(request.url);
  if (!parsed) return invalid("bad URL: " + parsed.error().message);
  const std::string scheme = parsed->part(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return invalid("the URL's scheme is neither http nor https");
  if (scheme == "https") {
    if (auto done = set_proxy_headers(options); !done) return done;
  }
  url_ = request.url;
  std::string url = request.url;
  if (!options.tls_server_name.empty() && scheme == "https") {
    // libcurl verifies the URL's host: the URL gets the name to verify, CONNECT_TO the place to connect to,
    // and the Host field what the URL said.
    const std::string host = parsed->part(CURLUPART_HOST);
    const std::string port = parsed->part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const std::string own_port = parsed->part(CURLUPART_PORT);
    std::string name = options.tls_server_name;
    if (name.find(':') != std::string::npos && name.front() != '[') name = "[" + name + "]";
    if (!parsed->set(CURLUPART_HOST, name)) return invalid("bad TLS server name");
    url = parsed->part(CURLUPART_URL);
    host_field_ = own_port.empty() ? host : host + ":" + own_port;
    const std::string rule = name + ":" + port + ":" + host + ":" + port;
    connect_to_ = curl_slist_append(nullptr, rule.c_str());
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
  }
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  return {};
}

Result<void> CurlRequest::set_method(HttpRequest& request) {
  if (!is_token(request.method)) return invalid("bad method");
  if (request.method == "HEAD") {
    set(easy_, CURLOPT_NOBODY, 1);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    body_ = std::move(request.body);
    set(easy_, CURLOPT_POST, 1);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body_.data());
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return {};
}

Result<void> CurlRequest::set_headers(const HttpRequest& request) {
  const auto add = [this](const std::string& line) { headers_ = curl_slist_append(headers_, line.c_str()); };
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return invalid("bad header name");
    if (!is_field_value(value)) return invalid("bad value of the header " + name);
    // "Name;" is how libcurl is told to send an empty field.
    add(is_blank(value) ? name + ";" : name + ": " + value);
  }
  if (!host_field_.empty() && !request.headers.find("Host")) add("Host: " + host_field_);
  if (request.compressed && !request.headers.find("Accept-Encoding")) {
    add("Accept-Encoding: gzip");
    decodes_gzip_ = request.method != "HEAD";
  }
  // Neither a wait for "100 Continue" nor a made-up content type.
  if (!request.headers.find("Expect")) add("Expect:");
  if (!request.headers.find("Content-Type")) add("Content-Type:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
  return {};
}

std::string CurlRequest::effective_url() const {
  long redirects = 0;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_COUNT, &redirects);
  char* url = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  const auto parsed = CurlUrl::parse(redirects == 0 || url == nullptr ? url_ : std::string(url));
  return parsed ? parsed->without_credentials() : std::string();
}

Error CurlRequest::explain(CURLcode code) const {
  return explain_curl_error(easy_, code, error_text_.data(), connect_timeout_);
}

}  // namespace kubevitals::net
