#include "net/client_certificate.h"

#include <utility>

#include "net/http_fixture.h"
#include "net/self_signed.h"

namespace kubevitals::net {
namespace {

class ClientCertificateTest : public HttpFixture {
 protected:
  // What the handler saw of a client with this certificate: "NAME ours theirs".
  std::string seen(const KeyPair& own) {
    TransportOptions transport;
    transport.insecure_skip_verify = true;
    transport.certificate_data = own.certificate;
    transport.key_data = own.key;
    client(transport);
    std::string text;
    run([&]() -> asio::awaitable<void> {
      const auto answer = co_await fetch("/", "https");
      text = text_of(answer);
    });
    return text;
  }

  void serve_and_tell(ServerOptions options = {}) {
    const KeyPair pair = make_self_signed_certificate().value();
    options.address = "127.0.0.1";
    options.tls_certificate = pair.certificate;
    options.tls_key = pair.key;
    auto handler = [this](ServerRequest request) -> asio::awaitable<ServerResponse> {
      const auto& shown = request.client_certificate;
      std::string text = shown ? shown->common_name() : "nothing";
      if (shown && shown->is_signed_by(*authorities_)) text.append(" signed");
      co_return ServerResponse::text(200, text);
    };
    server_ = std::make_unique<HttpServer>(io_.get_executor(), std::move(options), std::move(handler));
    ASSERT_TRUE(server_->start());
  }

  const KeyPair ca_ = make_self_signed_certificate({}, "authority").value();
  const std::shared_ptr<const CertificateAuthorities> authorities_ =
      CertificateAuthorities::create(ca_.certificate).value();
};

TEST_F(ClientCertificateTest, TheHandlerJudges) {
  ServerOptions options;
  options.ask_for_client_certificate = true;
  serve_and_tell(options);
  EXPECT_EQ(seen({}), "nothing");
  EXPECT_EQ(seen(make_signed_certificate(ca_, {}, "front-proxy").value()), "front-proxy signed");
  EXPECT_EQ(seen(make_self_signed_certificate({}, "front-proxy").value()), "front-proxy");
}

TEST_F(ClientCertificateTest, ChainsAreFollowed) {
  ServerOptions options;
  options.ask_for_client_certificate = true;
  serve_and_tell(options);
  const KeyPair intermediate = make_signed_certificate(ca_, {}, "intermediate").value();
  KeyPair client = make_signed_certificate(intermediate, {}, "client").value();
  EXPECT_EQ(seen(client), "client");
  client.certificate += intermediate.certificate;
  EXPECT_EQ(seen(client), "client signed");
}

TEST_F(ClientCertificateTest, NobodyIsAskedWithoutNeed) {
  serve_and_tell();
  EXPECT_EQ(seen(make_signed_certificate(ca_, {}, "client").value()), "nothing");
}

TEST_F(ClientCertificateTest, ARequiredCertificateIsToldToo) {
  ServerOptions options;
  options.client_ca = ca_.certificate;
  serve_and_tell(options);
  EXPECT_EQ(seen(make_signed_certificate(ca_, {}, "client").value()), "client signed");
}

TEST(CertificateAuthorities, RefusesWhatIsNone) {
  EXPECT_EQ(CertificateAuthorities::create("").error().message,
            "there is no certificate in PEM format in it");
  EXPECT_FALSE(
      CertificateAuthorities::create("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  const KeyPair pair = make_self_signed_certificate().value();
  EXPECT_TRUE(CertificateAuthorities::create(pair.certificate + pair.certificate));
}

}  // namespace
}  // namespace kubevitals::net
