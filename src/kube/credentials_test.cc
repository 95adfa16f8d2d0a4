#include "kube/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "base/virtual_clock.h"
#include "kube/config_fixture.h"
#include "kube/exec_credentials.h"
#include "net/self_signed.h"

namespace kubevitals::kube {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

class CredentialsTest : public ScratchTest {
 protected:
  std::unique_ptr<CredentialSource> source() {
    return make_credential_source(config_, clock_, io_.get_executor());
  }
  Result<Authorization> get(CredentialSource& source) { return wait_for(io_, source.get()); }
  std::string header(CredentialSource& source) {
    const auto authorization = get(source);
    return authorization ? authorization->header : authorization.error().message;
  }
  void refuse(CredentialSource& source, const std::string& header) { source.invalidate({header, "", ""}); }

  // A plugin that prints this status; it counts its runs in the file "runs".
  void use_plugin(const std::string& status) {
    use_script("cat <<END\n{\"apiVersion\":\"" + std::string(kV1) +
               "\",\"kind\":\"ExecCredential\",\"status\":" + status + "}\nEND");
  }
  void use_script(const std::string& commands) {
    ExecPlugin plugin;
    plugin.api_version = kV1;
    plugin.command =
        script("plugin", "echo >>" + path("runs") + "\nn=$(wc -l <" + path("runs") + ")\n" + commands);
    config_.credentials.exec = plugin;
  }
  std::size_t runs() const { return read("runs").size(); }

  asio::io_context io_;
  VirtualClock clock_;
  ApiServerConfig config_;
};

TEST_F(CredentialsTest, FixedOnes) {
  EXPECT_EQ(header(*source()), "");
  config_.credentials.username = "Aladdin";
  config_.credentials.password = "open sesame";
  EXPECT_EQ(header(*source()), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  config_.credentials.token = "t";
  const auto fixed = source();
  refuse(*fixed, "Bearer t");
  EXPECT_EQ(header(*fixed), "Bearer t");
}

TEST_F(CredentialsTest, AReplacedTokenFileCountsAtOnce) {
  config_.credentials.token_file = write("token", "first\n");
  const auto source = this->source();
  EXPECT_EQ(header(*source), "Bearer first");
  write("token", "another one\n");
  EXPECT_EQ(header(*source), "Bearer another one");
}

// A file system may keep the time of change in seconds, or not at all.
TEST_F(CredentialsTest, ATokenFileThatLooksUnchangedIsReadAgainInTime) {
  config_.credentials.token_file = write("token", "first");
  const auto time = std::filesystem::last_write_time(path("token"));
  const auto change_in_place = [&](const char* token) {
    std::fstream(path("token"), std::ios::in | std::ios::out) << token;
    std::filesystem::last_write_time(path("token"), time);
  };
  const auto source = this->source();
  EXPECT_EQ(header(*source), "Bearer first");
  change_in_place("other");
  EXPECT_EQ(header(*source), "Bearer first");
  clock_.advance_to(clock_.now() + 61s);
  EXPECT_EQ(header(*source), "Bearer other") << "after a minute";
  change_in_place("third");
  refuse(*source, "Bearer first");
  EXPECT_EQ(header(*source), "Bearer other") << "an old one was refused";
  refuse(*source, "Bearer other");
  EXPECT_EQ(header(*source), "Bearer third") << "after a refusal";
}

TEST_F(CredentialsTest, WhileATokenFileIsAwayTheLastTokenIsUsed) {
  config_.credentials.token_file = write("token", "first");
  const auto source = this->source();
  EXPECT_EQ(header(*source), "Bearer first");
  std::filesystem::remove(path("token"));
  EXPECT_EQ(header(*source), "Bearer first");
  write("token", "");
  EXPECT_EQ(header(*source), "Bearer first");
  write("token", "second");
  EXPECT_EQ(header(*source), "Bearer second");
}

TEST_F(CredentialsTest, WithoutAnyTokenTheFileIsNamed) {
  config_.credentials.token_file = path("none");
  const auto error = get(*source()).error();
  EXPECT_EQ(error.code, ErrorCode::kUnauthorized);
  EXPECT_THAT(error.message, HasSubstr(path("none")));
  config_.credentials.token = "spare";
  EXPECT_EQ(header(*source()), "Bearer spare");
  write("none", "from file");
  EXPECT_EQ(header(*source()), "Bearer from file");
  write("none", "two\nlines");
  config_.credentials.token = "";
  EXPECT_THAT(get(*source()).error().message, AllOf(HasSubstr("control characters"), Not(HasSubstr("two"))));
}

TEST_F(CredentialsTest, APluginRunsOnceUntilItIsRefused) {
  use_plugin("{\"token\":\"t$n\"}");
  const auto source = this->source();
  EXPECT_EQ(header(*source), "Bearer t1");
  clock_.advance_to(clock_.now() + 100h);
  EXPECT_EQ(header(*source), "Bearer t1");
  refuse(*source, "Bearer t1");
  EXPECT_EQ(header(*source), "Bearer t2");
  refuse(*source, "Bearer t1");
  EXPECT_EQ(header(*source), "Bearer t2") << "an old one was refused";
  EXPECT_EQ(runs(), 2u);
}

TEST_F(CredentialsTest, APluginRunsAgainWhenItsTokenExpired) {
  // The clock begins at 02:40:00.
  use_plugin("{\"token\":\"t$n\",\"expirationTimestamp\":\"2017-07-14T02:5$n:00Z\"}");
  const auto source = this->source();
  EXPECT_EQ(header(*source), "Bearer t1");
  clock_.advance_to(clock_.now() + 10min);
  EXPECT_EQ(header(*source), "Bearer t1");
  clock_.advance_to(clock_.now() + 1min);
  EXPECT_EQ(header(*source), "Bearer t2");
  EXPECT_EQ(header(*source), "Bearer t2");
  EXPECT_EQ(runs(), 2u);
}

TEST_F(CredentialsTest, RequestsAtTheSameTimeShareARun) {
  use_plugin("{\"token\":\"t$n\"}");
  const auto source = this->source();
  std::vector<std::string> got;
  for (int i = 0; i < 10; ++i) {
    asio::co_spawn(
        io_,
        [](CredentialSource& from, std::vector<std::string>& to) -> asio::awaitable<void> {
          const auto authorization = co_await from.get();
          to.push_back(authorization ? authorization->header : authorization.error().message);
        }(*source, got),
        [](std::exception_ptr) {});
  }
  io_.run_for(60s);
  EXPECT_EQ(got, std::vector<std::string>(10, "Bearer t1"));
}

TEST_F(CredentialsTest, APluginIsToldWhatItIsFor) {
  config_.url = "https://api.example:6443";
  config_.transport.tls_server_name = "inner";
  config_.transport.ca_file = write("ca.crt", "PEM");
  use_script("echo \"$KUBERNETES_EXEC_INFO\" >" + path("info") + "\nexit 1");
  config_.credentials.exec->environment = {{"KUBERNETES_EXEC_INFO", "not this"}};
  EXPECT_FALSE(get(*source()));
  EXPECT_EQ(read("info"),
            "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
            "\"spec\":{\"interactive\":false}}\n");
  config_.credentials.exec->provide_cluster_info = true;
  config_.credentials.exec->cluster_config = "{\"audience\":1}";
  EXPECT_FALSE(get(*source()));
  EXPECT_THAT(read("info"), AllOf(HasSubstr("\"server\":\"https://api.example:6443\""),
                                  HasSubstr("\"tls-server-name\":\"inner\""),
                                  HasSubstr("\"certificate-authority-data\":\"UEVN\""),
                                  HasSubstr("\"config\":{\"audience\":1}"), Not(HasSubstr("insecure"))));
}

TEST_F(CredentialsTest, FailuresOfPluginsAreTold) {
  use_script("echo no login >&2; exit 3");
  const auto failed = get(*source()).error();
  EXPECT_EQ(failed.code, ErrorCode::kUnauthorized);
  EXPECT_EQ(failed.message,
            "cannot get credentials from " + path("plugin") + ": it ended with status 3: no login");
  config_.credentials.exec->command = "/nonexistent/plugin";
  config_.credentials.exec->install_hint = "get it at\nexample.org";
  EXPECT_THAT(header(*source()), HasSubstr("(get it at example.org)"));
}

TEST_F(CredentialsTest, AFailureIsNotForEver) {
  use_script("[ $n = 1 ] && exit 1\necho '{\"apiVersion\":\"" + std::string(kV1) +
             "\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t\"}}'");
  const auto source = this->source();
  EXPECT_FALSE(get(*source));
  EXPECT_EQ(header(*source), "Bearer t");
}

TEST_F(CredentialsTest, AHangingPluginTimesOut) {
  use_script("sleep 100");
  config_.credentials.exec->timeout = 100ms;
  EXPECT_THAT(header(*source()), HasSubstr("did not end within 100 ms"));
}

TEST_F(CredentialsTest, AHangingPluginHoldsNeitherTheWaitingNorTheEndUp) {
  use_script("sleep 100");
  auto source = this->source();
  asio::cancellation_signal signal;
  std::optional<ErrorCode> code;
  asio::co_spawn(
      io_,
      [](CredentialSource& from, std::optional<ErrorCode>& to) -> asio::awaitable<void> {
        const auto authorization = co_await from.get();
        to = authorization.error().code;
      }(*source, code),
      asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  while (runs() == 0) io_.run_one_for(1ms);
  signal.emit(asio::cancellation_type::terminal);
  io_.run_for(30s);
  EXPECT_EQ(code, ErrorCode::kCancelled);
  const auto begin = std::chrono::steady_clock::now();
  source.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
}

std::string cause(const std::string& output) {
  const auto credential = read_exec_credential(output, kV1);
  return credential ? "" : credential.error().message;
}
std::string cause_of_status(const std::string& status) {
  return cause("{\"apiVersion\":\"" + std::string(kV1) +
               "\",\"kind\":\"ExecCredential\",\"status\":" + status + "}");
}

TEST(ExecCredential, WhatIsWrongWithTheOutput) {
  EXPECT_THAT(cause(""), HasSubstr("not a JSON object"));
  EXPECT_THAT(cause("token: abc"), HasSubstr("not a JSON object"));
  EXPECT_THAT(cause("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(cause("{}"), HasSubstr("not an ExecCredential"));
  EXPECT_THAT(cause("{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1beta1\"}"),
              HasSubstr("another apiVersion"));
  EXPECT_THAT(cause(std::string(100'000, '[')), HasSubstr("not a JSON object"));
  EXPECT_THAT(cause_of_status("null"), HasSubstr("no status"));
  EXPECT_THAT(cause_of_status("{}"), HasSubstr("neither a token nor a client certificate"));
  EXPECT_THAT(cause_of_status("{\"token\":7}"), HasSubstr("neither a token nor a client certificate"));
  EXPECT_THAT(cause_of_status("{\"token\":\"a\\nb\"}"), HasSubstr("control characters"));
  EXPECT_THAT(cause_of_status("{\"token\":\"a\",\"clientKeyData\":\"b\"}"),
              HasSubstr("half a client certificate"));
  EXPECT_THAT(cause_of_status("{\"clientCertificateData\":\"a\",\"clientKeyData\":\"b\"}"),
              HasSubstr("no PEM certificate"));
  EXPECT_THAT(cause_of_status("{\"token\":\"a\",\"expirationTimestamp\":\"soon\"}"), HasSubstr("not a time"));
  EXPECT_EQ(cause_of_status("{\"token\":\"a\",\"expirationTimestamp\":null,\"other\":1}"), "");
}

}  // namespace
}  // namespace kubevitals::kube
