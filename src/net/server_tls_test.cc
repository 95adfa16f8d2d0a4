// What the server offers by TLS and asks of clients, with clients that are particular about it.
#include "net/server_tls.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>
#include <vector>

#include "net/http_fixture.h"
#include "net/self_signed.h"
#include "net/test_web_config.h"
#include "net/web_config_source.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;

// How a client begins TLS.
struct Wishes {
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  std::string ciphers;  // of TLS 1.2, OpenSSL's names
  std::string groups;
  std::string protocols;  // as ALPN puts them: each with its length before it
  KeyPair own;
};

class ServerTlsTest : public HttpFixture {
 protected:
  // Serves with these lines under tls_server_config.
  void serve_with(const std::string& lines) {
    pair_ = make_self_signed_certificate().value();
    files_.put("cert", pair_.certificate);
    files_.put("key", pair_.key);
    files_.put("ca", ca_.certificate);
    const std::string file =
        files_.put("web.yml", "tls_server_config:\n  cert_file: cert\n  key_file: key\n" + lines);
    auto source = WebConfigSource::open(file);
    ASSERT_TRUE(source) << message_of(source);
    ServerOptions options;
    options.web = *source;
    serve(options);
  }

  // Version, cipher, protocol and status line as this client got them; "refused" when there was no answer.
  std::string connect_with(const Wishes& wishes) {
    std::string got;
    run([&]() -> asio::awaitable<void> {
      auto conversation = converse(wishes);
      got = co_await std::move(conversation);
    });
    return got;
  }

  asio::awaitable<std::string> converse(const Wishes& wishes) {
    asio::ssl::context context(asio::ssl::context::tls_client);
    set_up(context, wishes);
    asio::ip::tcp::socket socket = co_await connect();
    asio::ssl::stream<asio::ip::tcp::socket> stream(std::move(socket), context);
    boost::system::error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await stream.async_handshake(asio::ssl::stream_base::client, token);
    const std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const auto bytes = asio::buffer(request);
    if (!error) co_await asio::async_write(stream, bytes, token);
    std::string answer;
    auto space = asio::dynamic_buffer(answer);
    if (!error) co_await asio::async_read_until(stream, space, "\r\n", token);
    if (error) co_return "refused";
    const SSL* const tls = stream.native_handle();
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(tls, &protocol, &size);
    std::string text = std::string(SSL_get_version(tls)) + " " + SSL_get_cipher_name(tls) + " ";
    if (size > 0) text.append(reinterpret_cast<const char*>(protocol), size).append(" ");
    co_return text + answer.substr(0, answer.find("\r\n"));
  }

  static void set_up(asio::ssl::context& context, const Wishes& wishes) {
    SSL_CTX* const tls = context.native_handle();
    SSL_CTX_set_min_proto_version(tls, wishes.min_version);
    SSL_CTX_set_max_proto_version(tls, wishes.max_version);
    if (wishes.min_version < TLS1_2_VERSION) SSL_CTX_set_security_level(tls, 0);
    if (!wishes.ciphers.empty()) SSL_CTX_set_cipher_list(tls, wishes.ciphers.c_str());
    if (!wishes.groups.empty()) SSL_CTX_set1_groups_list(tls, wishes.groups.c_str());
    SSL_CTX_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>(wishes.protocols.data()),
                            static_cast<unsigned int>(wishes.protocols.size()));
    if (wishes.own.key.empty()) return;
    context.use_certificate_chain(asio::buffer(wishes.own.certificate));
    context.use_private_key(asio::buffer(wishes.own.key), asio::ssl::context::pem);
  }

  // Whether a client with this certificate is served, by each version.
  std::string served(const KeyPair& own = {}) {
    std::string text;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Wishes wishes;
      wishes.min_version = wishes.max_version = version;
      wishes.own = own;
      text.append(connect_with(wishes) == "refused" ? "no " : "yes ");
    }
    return text;
  }

  KeyPair issue(const std::vector<std::string>& names, const std::string& common_name = "client") const {
    return make_signed_certificate(ca_, names, common_name).value();
  }

  TestFiles files_;
  KeyPair pair_;
  const KeyPair ca_ = make_self_signed_certificate({}, "authority").value();
  const KeyPair stranger_ = make_self_signed_certificate({"client.example"}, "stranger").value();
};

TEST_F(ServerTlsTest, Versions) {
  serve_with("");
  Wishes wishes;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.3 "));
  wishes.max_version = TLS1_2_VERSION;
  EXPECT_EQ(connect_with(wishes), "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 HTTP/1.1 200 OK");
  wishes.min_version = wishes.max_version = TLS1_1_VERSION;
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, OlderVersionsWhenAskedFor) {
  serve_with("  min_version: TLS10\n  max_version: TLS11\n");
  Wishes wishes;
  EXPECT_EQ(connect_with(wishes), "refused");
  wishes.min_version = TLS1_VERSION;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.1 "));
  wishes.max_version = TLS1_VERSION;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1 "));
}

TEST_F(ServerTlsTest, TheNewestOnly) {
  serve_with("  min_version: TLS13\n");
  Wishes wishes;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.3 "));
  wishes.max_version = TLS1_2_VERSION;
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, CipherSuites) {
  serve_with(
      "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n");
  Wishes wishes;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.3 ")) << "whose suites cannot be chosen";
  wishes.max_version = TLS1_2_VERSION;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384 "));
  wishes.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, CipherSuitesOfTheNewestOnly) {
  serve_with("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n");
  Wishes wishes;
  EXPECT_THAT(connect_with(wishes), HasSubstr("TLSv1.3 "));
  wishes.max_version = TLS1_2_VERSION;
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, Curves) {
  serve_with("  curve_preferences: [CurveP521, CurveP521]\n");
  Wishes wishes;
  wishes.groups = "P-521:X25519";
  EXPECT_THAT(connect_with(wishes), HasSubstr("200 OK"));
  wishes.groups = "X25519:P-256";
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, Protocols) {
  serve_with("");
  Wishes wishes;
  wishes.protocols = "\x02h2\x08http/1.1";
  EXPECT_THAT(connect_with(wishes), HasSubstr(" http/1.1 HTTP/1.1 200 OK"));
  wishes.protocols = "\x02h2";
  EXPECT_EQ(connect_with(wishes), "refused");
}

TEST_F(ServerTlsTest, NoClientCert) {
  serve_with("  client_auth_type: NoClientCert\n");
  EXPECT_EQ(served(), "yes yes ");
  EXPECT_EQ(served(stranger_), "yes yes ");
}

TEST_F(ServerTlsTest, RequestClientCert) {
  serve_with("  client_auth_type: RequestClientCert\n");
  EXPECT_EQ(served(), "yes yes ");
  EXPECT_EQ(served(stranger_), "yes yes ");
}

TEST_F(ServerTlsTest, RequireAnyClientCert) {
  serve_with("  client_auth_type: RequireAnyClientCert\n  client_ca_file: ca\n");
  EXPECT_EQ(served(), "no no ");
  EXPECT_EQ(served(stranger_), "yes yes ");
}

TEST_F(ServerTlsTest, VerifyClientCertIfGiven) {
  serve_with("  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca\n");
  EXPECT_EQ(served(), "yes yes ");
  EXPECT_EQ(served(stranger_), "no no ");
  EXPECT_EQ(served(issue({})), "yes yes ");
}

TEST_F(ServerTlsTest, RequireAndVerifyClientCert) {
  serve_with("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca\n");
  EXPECT_EQ(served(), "no no ");
  EXPECT_EQ(served(stranger_), "no no ");
  EXPECT_EQ(served(issue({})), "yes yes ");
  EXPECT_EQ(served(ca_), "yes yes ");
}

TEST_F(ServerTlsTest, WithoutAClientCaTheSystemsVerify) {
  serve_with("  client_auth_type: RequireAndVerifyClientCert\n");
  EXPECT_EQ(served(), "no no ");
  EXPECT_EQ(served(stranger_), "no no ");
  EXPECT_EQ(served(issue({})), "no no ");
}

TEST_F(ServerTlsTest, AnAuthorityNeedNotBeARoot) {
  const KeyPair intermediate = issue({}, "intermediate");
  files_.put("intermediate", intermediate.certificate);
  serve_with("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: intermediate\n");
  EXPECT_EQ(served(make_signed_certificate(intermediate, {}, "client").value()), "yes yes ");
  EXPECT_EQ(served(issue({})), "no no ");
}

TEST_F(ServerTlsTest, ClientsMaySendTheChain) {
  serve_with("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca\n");
  const KeyPair intermediate = issue({}, "intermediate");
  KeyPair client = make_signed_certificate(intermediate, {}, "client").value();
  EXPECT_EQ(served(client), "no no ");
  client.certificate += intermediate.certificate;
  EXPECT_EQ(served(client), "yes yes ");
}

TEST_F(ServerTlsTest, ClientsNeedOneOfTheSans) {
  serve_with(
      "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca\n"
      "  client_allowed_sans: [one.example, 10.0.0.1, 'fd00::1', 'spiffe://example/prometheus', "
      "a@example]\n");
  for (const std::string name :
       {"one.example", "10.0.0.1", "fd00::1", "spiffe://example/prometheus", "a@example"}) {
    EXPECT_EQ(served(issue({"other.example", name})), "yes yes ") << name;
  }
  EXPECT_EQ(served(issue({"::ffff:10.0.0.1"})), "yes yes ") << "as Go shows it";
  for (const std::string name : {"two.example", "www.one.example", "ONE.example", "10.0.0.2", "b@example"}) {
    EXPECT_EQ(served(issue({name})), "no no ") << name;
  }
  EXPECT_EQ(served(issue({})), "no no ") << "a common name is none";
  EXPECT_EQ(served(), "no no ");
}

TEST_F(ServerTlsTest, SansOfCertificatesThatAreNotVerified) {
  serve_with("  client_auth_type: RequestClientCert\n  client_allowed_sans: [client.example]\n");
  EXPECT_EQ(served(stranger_), "yes yes ");
  EXPECT_EQ(served(ca_), "no no ");
  EXPECT_EQ(served(), "no no ") << "no certificate has no name";
}

TEST_F(ServerTlsTest, AnEmptyListOfSansAllowsNobody) {
  serve_with("  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []\n");
  EXPECT_EQ(served(stranger_), "no no ");
}

}  // namespace
}  // namespace kubevitals::net
