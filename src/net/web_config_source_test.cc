#include "net/web_config_source.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "net/self_signed.h"
#include "net/test_web_config.h"

namespace kubevitals::net {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kTls = "tls_server_config:\n  cert_file: cert\n  key_file: key\n";

class WebConfigSourceTest : public testing::Test {
 protected:
  WebConfigSourceTest() : before_(spdlog::default_logger()) {
    auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
    auto logger = std::make_shared<spdlog::logger>("test", std::move(sink));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  ~WebConfigSourceTest() override { spdlog::set_default_logger(before_); }

  void open(const std::string& text) {
    auto source = WebConfigSource::open(files_.put("web.yml", text));
    ASSERT_TRUE(source) << source.error().message;
    source_ = *source;
  }

  void put_pair(const KeyPair& pair) const {
    files_.put("cert", pair.certificate);
    files_.put("key", pair.key);
  }

  static std::string users(const std::string& name) {
    return "basic_auth_users: {" + name + ": " + kSecretHash + "}\n";
  }

  bool knows(const std::string& name) { return source_->current()->config.users.contains(name); }

  // What was logged since the last call.
  std::string logged() {
    std::string text = log_.str();
    log_.str("");
    return text;
  }

  TestFiles files_;
  std::shared_ptr<WebConfigSource> source_;
  const KeyPair one_ = make_self_signed_certificate().value();
  const KeyPair two_ = make_self_signed_certificate().value();

 private:
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(WebConfigSourceTest, WhatIsNotGoodDoesNotOpen) {
  const auto missing = WebConfigSource::open(files_.folder() / "web.yml");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("No such file or directory"));
  const auto bad = WebConfigSource::open(files_.put("web.yml", "a: b"));
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("web.yml:1: a: unknown key"));
}

TEST_F(WebConfigSourceTest, IsTheSameWhileNothingChanges) {
  put_pair(one_);
  open(kTls + users("alice"));
  const auto state = source_->current();
  EXPECT_EQ(source_->current(), state);
  files_.put("cert", one_.certificate);
  EXPECT_EQ(source_->current(), state) << "written again with the same text";
  EXPECT_EQ(source_->figures().reloads, 0U);
  EXPECT_EQ(logged(), "");
}

TEST_F(WebConfigSourceTest, ChangesAreTakenUpAtOnce) {
  open(users("alice"));
  EXPECT_TRUE(knows("alice"));
  // As long as before, and within one tick of the file system's clock.
  for (int i = 0; i < 100; ++i) {
    files_.put("web.yml", users(i % 2 == 0 ? "clara" : "alice"));
    ASSERT_TRUE(knows(i % 2 == 0 ? "clara" : "alice")) << i;
  }
  EXPECT_EQ(source_->figures().reloads, 100U);
}

TEST_F(WebConfigSourceTest, CertificatesAreRotatedOneFileAfterTheOther) {
  put_pair(one_);
  open(kTls);
  const auto before = source_->current();
  files_.put("cert", two_.certificate);
  EXPECT_EQ(source_->current(), before);
  EXPECT_THAT(
      logged(),
      HasSubstr("error cannot use the changed web configuration, the last good one stays in force: "));
  EXPECT_FALSE(source_->figures().last_was_good);
  files_.put("key", two_.key);
  EXPECT_NE(source_->current(), before);
  EXPECT_EQ(source_->current()->config.tls->certificate, two_.certificate);
  EXPECT_THAT(logged(), HasSubstr("info the web configuration "));
  EXPECT_TRUE(source_->figures().last_was_good);
}

TEST_F(WebConfigSourceTest, ACertificateByItselfIsFollowedToo) {
  put_pair(one_);
  const std::string cert = files_.folder() / "cert";
  const std::string key = files_.folder() / "key";
  const auto opened = WebConfigSource::open_certificate(cert, key);
  ASSERT_TRUE(opened) << opened.error().message;
  WebConfigSource& source = **opened;
  EXPECT_TRUE(source.serves_tls());
  EXPECT_EQ(source.current()->config.tls->certificate, one_.certificate);
  EXPECT_EQ(source.current()->config.tls->client_auth, ClientAuth::kRequest);
  files_.put("cert", two_.certificate);
  EXPECT_EQ(source.current()->config.tls->certificate, one_.certificate) << "the key is not its own";
  EXPECT_THAT(logged(), HasSubstr(cert));
  files_.put("key", two_.key);
  EXPECT_EQ(source.current()->config.tls->certificate, two_.certificate);
  files_.remove("cert");
  EXPECT_EQ(source.current()->config.tls->certificate, two_.certificate);
  EXPECT_FALSE(WebConfigSource::open_certificate(cert, key));
}

TEST_F(WebConfigSourceTest, SymbolicLinksThatMoveAreChanges) {
  put_pair(one_);
  std::filesystem::create_directory(files_.folder() / "new");
  files_.put("new/cert", two_.certificate);
  files_.put("new/key", two_.key);
  std::filesystem::create_directory_symlink(files_.folder(), files_.folder() / "data");
  open("tls_server_config:\n  cert_file: data/cert\n  key_file: data/key\n");
  std::filesystem::remove(files_.folder() / "data");
  std::filesystem::create_directory_symlink(files_.folder() / "new", files_.folder() / "data");
  EXPECT_EQ(source_->current()->config.tls->certificate, two_.certificate);
}

TEST_F(WebConfigSourceTest, ABrokenFileIsComplainedAboutOnce) {
  open(users("alice"));
  files_.put("web.yml", "basic_auth_users: {alice: hunter2}\n");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(knows("alice"));
  const std::string first = logged();
  EXPECT_THAT(first, HasSubstr("web.yml:1: basic_auth_users.alice: expected a bcrypt hash"));
  EXPECT_THAT(first, Not(HasSubstr("hunter2")));
  EXPECT_EQ(first.find("cannot use"), first.rfind("cannot use"));
  files_.put("web.yml", "nonsense\n");
  EXPECT_TRUE(knows("alice"));
  EXPECT_THAT(logged(), HasSubstr("web.yml:1: expected a mapping"));
  EXPECT_EQ(source_->figures().failures, 2U);
  files_.put("web.yml", users("bob"));
  EXPECT_TRUE(knows("bob"));
  EXPECT_FALSE(knows("alice"));
}

TEST_F(WebConfigSourceTest, AFileThatIsGoneComesBack) {
  put_pair(one_);
  open(kTls + users("alice"));
  files_.remove("key");
  files_.remove("web.yml");
  EXPECT_TRUE(knows("alice"));
  EXPECT_THAT(logged(), HasSubstr("No such file or directory"));
  files_.put("web.yml", kTls + users("bob"));
  EXPECT_TRUE(knows("alice")) << "the key is still missing";
  files_.put("key", one_.key);
  EXPECT_TRUE(knows("bob"));
}

TEST_F(WebConfigSourceTest, TlsIsNotSwitchedOffByAReload) {
  put_pair(one_);
  open(kTls + users("alice"));
  EXPECT_TRUE(source_->serves_tls());
  files_.put("web.yml", users("bob"));
  EXPECT_TRUE(source_->current()->tls);
  EXPECT_TRUE(knows("alice"));
  EXPECT_THAT(logged(), HasSubstr("TLS can only be switched off by a restart"));
}

TEST_F(WebConfigSourceTest, AFileThatIsBeingWrittenOpensNothing) {
  open(users("alice"));
  files_.put("web.yml", "");
  EXPECT_TRUE(knows("alice"));
  EXPECT_THAT(logged(), HasSubstr("passwords can only be switched off by a restart"));
  files_.put("web.yml", users("bob"));
  EXPECT_TRUE(knows("bob"));
  EXPECT_FALSE(knows("alice"));
}

TEST_F(WebConfigSourceTest, ClientsAreNotLeftUnverifiedByAReload) {
  put_pair(one_);
  files_.put("ca", one_.certificate);
  const std::string verified =
      std::string(kTls) + "  client_ca_file: ca\n  client_auth_type: RequireAndVerifyClientCert\n";
  open(verified + "  client_allowed_sans: [prometheus]\n");
  files_.put("web.yml", kTls);
  EXPECT_EQ(source_->current()->config.tls->client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_THAT(logged(), HasSubstr("no longer verifies the clients' certificates"));
  files_.put("web.yml", verified);
  EXPECT_TRUE(source_->current()->config.tls->allowed_sans);
  EXPECT_THAT(logged(), HasSubstr("no longer says which clients are allowed"));
}

TEST_F(WebConfigSourceTest, TlsIsNotSwitchedOnByAReload) {
  put_pair(one_);
  open(users("alice"));
  EXPECT_FALSE(source_->serves_tls());
  files_.put("web.yml", kTls + users("bob"));
  EXPECT_FALSE(source_->current()->tls);
  EXPECT_TRUE(knows("alice"));
  EXPECT_THAT(logged(), HasSubstr("TLS can only be switched on by a restart"));
}

}  // namespace
}  // namespace kubevitals::net
