#include "kube/config_files.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace kubevitals::kube {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;

Memory memory(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Keys with a passphrase are refused: nobody is there to ask for it.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

Certificate first_certificate(const std::string& pem) {
  Certificate certificate(PEM_read_bio_X509(memory(pem).get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  return certificate;
}

// Data counts when there are both, as client-go has it.
Result<std::string> data_or_file(const std::string& data, const std::string& file) {
  if (!data.empty() || file.empty()) return data;
  return read_file(file);
}

std::string named(const char* what, const std::string& data, const std::string& file) {
  return data.empty() ? std::string(what) + " " + file : std::string(what);
}

Result<void> check_transport(const net::TransportOptions& transport) {
  const auto ca = data_or_file(transport.ca_data, transport.ca_file);
  if (!ca) return ca.error().wrap("certificate authority");
  if (!ca->empty() && !first_certificate(*ca)) {
    return invalid(named("certificate authority", transport.ca_data, transport.ca_file) +
                   ": there is no PEM certificate in it");
  }
  const auto certificate = data_or_file(transport.certificate_data, transport.certificate_file);
  if (!certificate) return certificate.error().wrap("client certificate");
  const auto key = data_or_file(transport.key_data, transport.key_file);
  if (!key) return key.error().wrap("client key");
  if (certificate->empty() && key->empty()) return {};
  const Result<void> checked = check_key_pair(*certificate, *key);
  if (!checked && transport.certificate_data.empty()) {
    return checked.error().wrap(transport.certificate_file);
  }
  return checked;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const auto failed = [&](const char* cause) {
    return Error{ErrorCode::kInvalid, "cannot read " + one_line(path) + ": " + cause};
  };
  const std::unique_ptr<std::FILE, Deleter<std::fclose>> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return failed(std::strerror(errno));
  std::string text;
  char buffer[16384];
  while (true) {
    const std::size_t size = std::fread(buffer, 1, sizeof buffer, file.get());
    text.append(buffer, size);
    if (text.size() > kMaxFile) return failed("it is too large");
    if (size < sizeof buffer) break;
  }
  if (std::ferror(file.get()) != 0) return failed(std::strerror(errno));
  return text;
}

Result<std::string> read_token_file(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return text;
  const std::size_t begin = text->find_first_not_of(" \t\r\n");
  if (begin == std::string::npos)
    return invalid("cannot read a token from " + one_line(path) + ": it is empty");
  std::string token = text->substr(begin, text->find_last_not_of(" \t\r\n") - begin + 1);
  for (const unsigned char c : token) {
    // What would break out of the header field.
    if (c < ' ' || c == 127)
      return invalid("cannot read a token from " + one_line(path) + ": it has control characters");
  }
  return token;
}

Result<void> check_files(const ApiServerConfig& config) {
  const Credentials& credentials = config.credentials;
  if (!credentials.token_file.empty() && credentials.token.empty()) {
    if (const auto token = read_token_file(credentials.token_file); !token) return token.error();
  }
  return check_transport(config.transport);
}

Result<void> check_key_pair(const std::string& certificate, const std::string& key) {
  const Certificate x509 = first_certificate(certificate);
  if (!x509) return invalid("there is no PEM certificate in the client certificate");
  const Key private_key(PEM_read_bio_PrivateKey(memory(key).get(), nullptr, no_passphrase, nullptr));
  const bool fit = private_key && X509_check_private_key(x509.get(), private_key.get()) == 1;
  ERR_clear_error();
  if (!private_key) return invalid("there is no PEM private key without a passphrase in the client key");
  if (!fit) return invalid("the client certificate and the client key do not belong together");
  return {};
}

std::string one_line(std::string_view text, std::size_t max_size) {
  std::string line(text.substr(0, max_size));
  // Not in the middle of a UTF-8 sequence.
  if (text.size() > max_size) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
    if (!line.empty() && static_cast<unsigned char>(line.back()) >= 0xc0) line.pop_back();
    line += "...";
  }
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
  }
  return line;
}

}  // namespace kubevitals::kube
